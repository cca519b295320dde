/** `compile`: a team's workflows to state machines in ASL with JSONata. Pure; holds no ARN, no version and no secret. */
import { contentHash } from '../define/definition.ts'
import type { Team } from '../define/team.ts'
import type { Workflow } from '../define/workflow.ts'
import { outputRef } from '../define/workflow-nodes.ts'
import { executionSeconds } from '../define/workflow-times.ts'
import { InvalidDefinition, type Issue } from '../errors.ts'
import { RESULT_BYTES } from '../schema/step.ts'
import type { AslDefinition } from './asl.ts'
import { INLINE_BYTES, runBudget } from './budget.ts'
import { compileNode } from './compile-node.ts'
import { aliasParts } from './compile-part.ts'
import { inlineFieldsOf } from './inline-fields.ts'
import { evaluated, render } from './jsonata-text.ts'
import { type Layout, layoutOf } from './layout.ts'
import { leastBytesOf } from './least-bytes.ts'
import { Scope } from './scope.ts'
import { assertValid } from './validate.ts'

export interface CompiledWorkflow {
  readonly name: string
  readonly version: string
  readonly definition: AslDefinition
  /** SHA-256 of the definition's canonical JSON. */
  readonly sha256: string
}

const DEFINITION_BYTES = 1_048_576

/** @throws InvalidDefinition where the team is over its limits or over those of Step Functions. */
export function compile(team: Team): ReadonlyMap<string, CompiledWorkflow> {
  assertValid(team)
  const compiled = new Map(team.workflows.map((workflow) => [workflow.name, compileWorkflow(workflow)]))
  const issues = [...compiled.values()].flatMap(sizeIssues)
  if (issues.length > 0) throw new InvalidDefinition(`team ${JSON.stringify(team.name)}`, issues)
  return compiled
}

function sizeIssues({ name, definition }: CompiledWorkflow): Issue[] {
  const bytes = Buffer.byteLength(JSON.stringify(definition))
  if (bytes <= DEFINITION_BYTES) return []
  const message = `its definition has ${bytes} bytes, of ${DEFINITION_BYTES} that Step Functions takes`
  return [{ path: `workflows.${name}.steps`, message, remedy: 'move a part of it into a child workflow' }]
}

const COMPILED = new WeakMap<Workflow, CompiledWorkflow>()

/** The same object for the same workflow: workflows are frozen. */
export function compileWorkflow(workflow: Workflow): CompiledWorkflow {
  const known = COMPILED.get(workflow)
  if (known !== undefined) return known
  const definition = definitionOf(workflow, layoutOf(workflow.root))
  const { name, version } = workflow
  const compiled = { name, version, definition, sha256: contentHash(definition) }
  COMPILED.set(workflow, compiled)
  return compiled
}

/** The definition under a given layout: `layoutOf` gives the one to use. */
export function definitionOf(workflow: Workflow, layout: Layout): AslDefinition {
  const scope = new Scope()
  const least = leastBytesOf(workflow.root)
  aliasParts(scope, workflow.root, layout)
  const start = scope.name('start')
  const end = scope.name('result')
  scope.add(end, { Type: 'Succeed', Output: evaluated(render(outputRef(workflow.root), scope.resolve)) })
  const first = compileNode(workflow.root, {
    workflow: workflow.name,
    scope,
    path: [],
    previous: { op: 'ref', source: { of: 'input' }, path: [] },
    targets: [],
    next: end,
    layout,
    inlineFields: inlineFieldsOf(workflow.root),
    least,
    budget: runBudget(least.get(workflow.root) ?? 0),
    looseBytes: RESULT_BYTES,
  })
  const told = '$states.input.run.inlineBytes'
  const inlineBytes = { [INLINE_BYTES]: evaluated(`$exists(${told}) ? ${told} : 0`) }
  scope.add(start, {
    Type: 'Pass',
    Assign: {
      run: evaluated('$states.input.run'),
      input: evaluated('$states.input.input'),
      ...(scope.used.has(INLINE_BYTES) ? inlineBytes : {}),
    },
    Output: {},
    Next: first,
  })
  return {
    Comment: `${workflow.name} ${workflow.version}`,
    QueryLanguage: 'JSONata',
    TimeoutSeconds: executionSeconds(workflow),
    ...scope.machine(start),
  }
}
