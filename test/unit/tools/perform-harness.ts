/** Calls of one tool in a test: a real ledger over SQLite in memory, several processes that share it, a clock that jumps. */
import * as z from 'zod'
import { defineTool, type Tool, type ToolContext } from '../../../src/define/tool.ts'
import { RecordsUnavailable } from '../../../src/errors.ts'
import type { Records, WriteOutcome } from '../../../src/records/records.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { RunId, StepId } from '../../../src/schema/ids.ts'
import type { Json } from '../../../src/schema/json.ts'
import { sha256 } from '../../../src/schema/sha256.ts'
import type { EffectKind } from '../../../src/schema/tool-call.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { openEffectLedger } from '../../../src/tools/open-effect-ledger.ts'
import { type Call, type Performed, performCall } from '../../../src/tools/perform.ts'

export const runId = RunId.parse('run-1')
export const stepId = StepId.parse('step')
export const callId = sha256('call')

type Hooks = Partial<Pick<Parameters<typeof defineTool>[0], 'reconcile' | 'undo'>>
type Run = (input: { n: number }, context: ToolContext) => Promise<unknown>

export function toolOf(effect: EffectKind, run: Run, hooks: Hooks = {}): Tool {
  const needed = effect === 'lookup' ? { reconcile: async () => ({ happened: 'unknown' as const }) } : {}
  const shape = { name: 'act', description: 'Acts.', effect, timeoutSeconds: 10, ...needed, ...hooks }
  return defineTool({ ...shape, input: z.object({ n: z.number() }), output: z.string(), run: run as never })
}

/** Commits, as a `table` tool must; for every other kind it just answers. */
export async function answer(effect: EffectKind, { commit }: ToolContext, text = 'done'): Promise<string> {
  return effect === 'table' ? commit([{ put: 'item', value: { text }, if: 'absent' }], text) : text
}

export interface Process {
  perform(tool: Tool, changes?: Partial<Call>): Promise<Performed>
}

export function world() {
  const clock = fakeClock('2026-01-01T00:00:00.000Z', { auto: true })
  const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  const dead = new Set<Json>()
  return {
    clock,
    records,
    /** One that is known to have died. */
    kill: (name: string) => void dead.add(name),
    process(name: string, over: Records = records): Process {
      const ownerIsDead = ({ name: owner }: { readonly [key: string]: Json }) => dead.has(owner ?? null)
      const ledger = openEffectLedger({ records: over, clock, owner: { name }, ownerIsDead })
      return {
        perform: (tool, changes = {}) =>
          performCall({
            tool,
            input: { n: 1 },
            argumentsSha256: sha256('{"n":1}'),
            context: {
              runId,
              stepId,
              agent: 'agent',
              callId,
              settings: {},
              stepInput: null,
              secret: () => Promise.reject(new Error('none')),
            },
            clock,
            stepMs: 600_000,
            functionMs: Number.POSITIVE_INFINITY,
            ledger,
            ...changes,
          }),
      }
    },
    ledger: openEffectLedger({ records, clock, owner: { name: 'reader' } }),
  }
}
export type World = ReturnType<typeof world>

/** Records that do what they are told and then lose the reply, as often as is said. */
export function losingReplies(records: Records, replies: number): Records & { readonly lost: () => number } {
  let lost = 0
  async function lose(outcome: Promise<WriteOutcome>): Promise<WriteOutcome> {
    const arrived = await outcome
    if (lost >= replies) return arrived
    lost += 1
    throw new RecordsUnavailable({ message: 'the reply was lost', next: 'Send it again.' })
  }
  return {
    get: (key) => records.get(key),
    query: (partition, options) => records.query(partition, options),
    queryIndex: (partition, options) => records.queryIndex(partition, options),
    write: (write) => lose(records.write(write)),
    transact: (writes) => lose(records.transact(writes)),
    lost: () => lost,
  }
}

/** As short as it can be told: `executed done ok "done"`, `executed unknown EffectUnknown`, `busy`. */
export function told(performed: Performed): string {
  if (performed.kind !== 'executed') return performed.kind
  const { result } = performed.executed
  const said = result.status === 'ok' ? JSON.stringify(result.output) : result.name
  return [performed.kind, performed.effect ?? 'free', said].join(' ')
}
