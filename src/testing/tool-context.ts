/** A context for unit tests of tools: `myTool.run(input, toolContext({ settings: { folder } }))`. */
import type { TableWrite, ToolContext } from '../define/tool.ts'
import { InvalidRequest } from '../errors.ts'
import type { JsonObject } from '../schema/json.ts'
import type { DataSource } from '../schema/tool-call.ts'

interface ToolContextOverrides<Settings> extends Partial<ToolContext<Settings>> {
  /** By name: what `context.secret` gives. @default none */
  readonly secrets?: Readonly<Record<string, string>>
}

/** What a tool did with its context, for assertions. */
export interface TestToolContext<Settings> extends ToolContext<Settings> {
  readonly read: DataSource[]
  readonly committed: { readonly writes: readonly TableWrite[]; readonly output: unknown }[]
}

/**
 * Time stands still at 1970, nothing aborts, `commit` and `reads` only note what they are given.
 * @throws InvalidRequest from `secret`, for a name that is not in `secrets`.
 */
export function toolContext<Settings = JsonObject>({
  secrets = {},
  ...overrides
}: ToolContextOverrides<Settings> = {}): TestToolContext<Settings> {
  const read: DataSource[] = []
  const committed: { readonly writes: readonly TableWrite[]; readonly output: unknown }[] = []
  return {
    runId: 'run-1',
    stepId: 'step',
    agent: 'agent',
    callId: 'call',
    settings: {} as Settings,
    stepInput: null,
    signal: new AbortController().signal,
    now: () => new Date(0),
    fence: 1,
    async secret(name) {
      const value = secrets[name]
      if (value !== undefined) return value
      throw new InvalidRequest({
        message: `there is no secret ${name} in this test`,
        next: `Give it: toolContext({ secrets: { ${JSON.stringify(name)}: … } }).`,
      })
    },
    async commit(writes, output) {
      committed.push({ writes, output })
      return output
    },
    reads: (source) => void read.push(source),
    ...overrides,
    read,
    committed,
  }
}
