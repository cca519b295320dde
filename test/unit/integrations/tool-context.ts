import type { ToolContext } from '../../../src/define/tool.ts'
import type { DataSource } from '../../../src/schema/tool-call.ts'
import { toolContext } from '../../../src/testing/tool-context.ts'

export interface TestContext extends ToolContext<never> {
  readonly sources: DataSource[]
}

/** Of one call, whose secrets are `secret of <name>`. */
export function contextOf(callId: string, given: Partial<ToolContext<unknown>> = {}): TestContext {
  const sources: DataSource[] = []
  return {
    ...toolContext<never>(),
    runId: 'run',
    stepId: 'step',
    agent: 'worker',
    callId,
    settings: {},
    signal: new AbortController().signal,
    now: () => new Date(0),
    secret: async (name: string) => `secret of ${name}`,
    reads: (source: DataSource) => void sources.push(source),
    ...given,
    sources,
  } as unknown as TestContext
}
