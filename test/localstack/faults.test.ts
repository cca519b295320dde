/**
 * A step that does one thing of each kind, while something happens to one of its writes: its function's process dies before or after
 * it, or dies while it is on its way, its reply is lost, it comes twice. And a step that is invoked twice. Each time everything
 * is done as its kind promises, and the run comes to its end.
 */
import { randomUUID } from 'node:crypto'
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { beforeAll, describe, expect, it } from 'vitest'
import { runIdOfKey } from '../../src/api/run-id-of-key.ts'
import { EFFECT_TOOLS } from './effects.agents.ts'
import { runEnded, startRun, userArn } from './support/api.ts'
import { client, deployed, storesOf } from './support/deployed.ts'
import { effectsOf } from './support/effects.ts'
import { FAULTS, type Fault, type Plan, type Seen } from './support/faulty-dynamodb.ts'

const { patterns, effectsUrl, effectsFromFunctions, faultsUrl } = deployed
const settings = { effectsUrl: effectsFromFunctions }
const workflow = 'effects'

async function begin(plan: Plan) {
  const key = randomUUID()
  const runId = runIdOfKey({ caller: userArn('test'), workflow, key })
  await fetch(`${faultsUrl}/plan/${runId}`, { method: 'PUT', body: JSON.stringify(plan) })
  const run = await startRun(patterns, { workflow, input: { word: key }, settings }, { 'idempotency-key': key })
  expect(run.runId).toBe(runId)
  return { run, runId, plan, item: key }
}

async function seen(runId: string): Promise<Seen> {
  return (await (await fetch(`${faultsUrl}/seen/${runId}`)).json()) as Seen
}

/** How often each tool's effect is there, and whether its result is known. */
async function outcomeOf(runId: string) {
  const { run } = await runEnded(patterns, runId)
  const { journal, records } = storesOf(patterns)
  const { records: rows } = await journal.readStep(run.runId, 'act' as Parameters<typeof journal.readStep>[1])
  const tools = rows.flatMap(({ row }) =>
    row.event === 'tool' && row.tool ? [{ ...row.tool, status: row.status }] : [],
  )
  const done = await effectsOf(effectsUrl, runId)
  const counts = await Promise.all(
    EFFECT_TOOLS.map(async ({ name }) => {
      const row = tools.find((tool) => tool.name === name)
      const kept =
        row && name === 'table' ? await records.get({ partition: 'TOOL#table', sort: row.callId }) : undefined
      const count = name === 'table' ? Number(kept !== undefined) : done.filter(({ kind }) => kind === name).length
      return [name, { count, status: row?.status }] as const
    }),
  )
  return { status: run.status, ...Object.fromEntries(counts) } as Outcome
}

type Outcome = { readonly status: string } & Readonly<
  Record<string, { readonly count: number; readonly status?: string }>
>

const ONCE = { count: 1, status: 'ok' }

describe('the kill matrix', () => {
  let writes: readonly string[] = []

  beforeAll(async () => {
    const { runId } = await begin({ at: 0, fault: 'replyLost' })
    const outcome = await outcomeOf(runId)
    expect(outcome).toEqual({ status: 'succeeded', keyed: ONCE, fenced: ONCE, opaque: ONCE, table: ONCE })
    writes = (await seen(runId)).writes
    console.error(`without a fault: ${writes.length} writes of a step with four effects: ${writes.join(' ')}`)
    expect(writes.length).toBeGreaterThan(10)
  })

  it('does each thing as its kind promises, whatever happens to whichever write', async () => {
    const plans = writes.flatMap((_, index) => FAULTS.map((fault): Plan => ({ at: index + 1, fault })))
    // Each fault at every fourth write, another fourth for each: over all, every write meets some.
    const chosen = plans.filter(({ at, fault }) => (at + FAULTS.indexOf(fault)) % 4 === 0)
    const begun = await inTurns(chosen, 6, begin)
    const ended = await inTurns(begun, 6, async ({ runId, plan }) => ({
      plan,
      outcome: await outcomeOf(runId),
      hasHappened: (await seen(runId)).hasHappened,
    }))
    const told = ended.map(({ plan, outcome }) => `${plan.fault} at ${plan.at}: ${JSON.stringify(outcome)}`)
    const wrong = ended.filter(({ outcome, plan }) => !isKept(outcome, plan.fault))
    const unknown = ended.filter(({ outcome }) => outcome['opaque']?.status === 'unknown')
    console.error(
      `${ended.length} faults: ${wrong.length} promises broken, ${unknown.length} effects unknown, and told so`,
    )
    expect(wrong.map(({ plan }) => told.find((line) => line.startsWith(`${plan.fault} at ${plan.at}:`)))).toEqual([])
    expect(ended.filter(({ hasHappened }) => !hasHappened).map(({ plan }) => plan)).toEqual([])
    expect(unknown.filter(({ plan }) => !plan.fault.startsWith('dies'))).toEqual([])
  }, 600_000)

  it('does everything once where a step is invoked again and again at the same time', async () => {
    const lambda = new LambdaClient(client)
    const { run, runId, item } = await begin({ at: 0, fault: 'replyLost' })
    const event = { runId, execution: 1, stepId: 'act', agent: 'effector', input: { item }, settings }
    const FunctionName = run.lock.agents['effector']?.functionName
    const invoked = [1, 2, 3].map(() =>
      lambda.send(new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) })),
    )
    await Promise.allSettled(invoked)
    const outcome = await outcomeOf(runId)
    for (const { name } of EFFECT_TOOLS) expect(outcome[name]?.count, name).toBe(1)
  })
})

/** An opaque effect may be missing, or be there without anybody knowing: then it is called unknown, and never done twice. */
function isKept({ status, opaque, ...others }: Outcome, fault: Fault): boolean {
  const isOnce = Object.values(others).every(({ count }) => count >= 1) && others['table']?.count === 1
  const isKnown = opaque?.count === 1 && opaque.status === 'ok'
  const isDoubt = fault.startsWith('dies') && opaque !== undefined && opaque.count <= 1 && opaque.status === 'unknown'
  return status === 'succeeded' && isOnce && others['keyed']?.count === 1 && (isKnown || isDoubt)
}

async function inTurns<T, R>(items: readonly T[], width: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = []
  const waiting = items.map((item, index) => ({ item, index }))
  const worker = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      results[next.index] = await work(next.item)
  }
  await Promise.all(Array.from({ length: width }, worker))
  return results
}
