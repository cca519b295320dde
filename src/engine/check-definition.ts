/** Says before anything starts whether this engine would run a definition as AWS does. Compiles; runs nothing. */
import type { Json } from '../schema/json.ts'
import { type Compiled, compileProgram } from './compile-program.ts'
import type { DefinitionFault } from './definition-reader.ts'
import { BUILT_IN_RESOURCES } from './integrations/built-in-resources.ts'
import type { Integration } from './integrations/integration.ts'

/** @param integrations What the host adds to the built-in resources. @returns every fault; none: it will run. */
export function checkDefinition(
  definition: Json,
  integrations: readonly Integration[] = [],
): readonly DefinitionFault[] {
  const compiled: Compiled = compileProgram(definition, {
    integrations: [...integrations, ...BUILT_IN_RESOURCES.map(shapeOnly)],
    functions: { now: () => 0, random: () => 0 },
  })
  return compiled.faults ?? []
}

function shapeOnly(resource: (typeof BUILT_IN_RESOURCES)[number]): Integration {
  return {
    ...resource,
    pattern: 'response',
    call: () => Promise.reject(new Error(`${resource.resource} is only named`)),
  }
}

/** All faults in AWS's words: `SCHEMA_VALIDATION_FAILED: … at /States/X/Field`. */
export function describeFaults(faults: readonly DefinitionFault[]): string {
  const described = faults.map(({ path, message }) =>
    /^[A-Z_]+: /.test(message) ? `${message} at ${path}` : `SCHEMA_VALIDATION_FAILED: ${message} at ${path}`,
  )
  return `Invalid State Machine Definition: '${described.join(', ')}'`
}
