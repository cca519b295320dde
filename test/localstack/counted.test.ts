/** What a step costs in requests and state transitions, counted. README's table says the same; a change has to show here. */
import { randomUUID } from 'node:crypto'
import { STSClient } from '@aws-sdk/client-sts'
import { describe, expect, it } from 'vitest'
import { agentHandler } from '../../functions/agent.ts'
import { openStepSafeguards } from '../../functions/step-safeguards.ts'
import { openStores } from '../../functions/stores.ts'
import type { Json } from '../../src/schema/json.ts'
import type { StepResult } from '../../src/schema/step.ts'
import { fakeClock } from '../../src/testing/fake-clock.ts'
import team from './patterns.team.ts'
import { client, deployed } from './support/deployed.ts'
import { runOnAws } from './support/on-aws.ts'
import { patternsModel } from './support/patterns-model.ts'

const { patterns } = deployed
const prices = { providers: [] } as unknown as Parameters<typeof agentHandler>[0]['prices']

interface Counted {
  readonly results: readonly StepResult[]
  readonly requests: Readonly<Record<string, number>>
}

/**
 * Steps of one run, one after the other, each in the function of its agent. For them no time passes: brake and breaker
 * are looked at again after a second or two, so that on a busy machine each count would be another.
 */
async function counted(steps: readonly (readonly [agent: string, input: Json])[]): Promise<Counted> {
  const requests: Record<string, number> = {}
  const clock = fakeClock(new Date().toISOString())
  const { requestHandler: usual } = new STSClient(client).config
  const requestHandler = {
    metadata: usual.metadata,
    destroy: () => usual.destroy?.(),
    handle: (...given: Parameters<typeof usual.handle>) => {
      const [{ headers, method }] = given
      const operation = headers['x-amz-target']?.split('.')[1] ?? `S3 ${method}`
      requests[operation] = (requests[operation] ?? 0) + 1
      return usual.handle(...given)
    },
  }
  const { RecordsTable = '', JournalTable = '', ArtifactsBucket = '' } = patterns.outputs
  const names = {
    BATON_RECORDS_TABLE: RecordsTable,
    BATON_JOURNAL_TABLE: JournalTable,
    BATON_ARTIFACTS_BUCKET: ArtifactsBucket,
  }
  const stores = openStores(names, clock, { ...client, requestHandler } as Parameters<typeof openStores>[2])
  const model = patternsModel()
  const runId = `counted-${randomUUID().slice(0, 8)}`
  const results: StepResult[] = []
  for (const [index, [agent, input]] of steps.entries()) {
    const handler = agentHandler({ team, prices }, async () => ({
      ...{ agent, clock },
      reach: async ({ runId }, requestId) => ({
        ...stores,
        ...openStepSafeguards({ team, stores, clock, region: 'us-east-1', runId, requestId, folds: new Map() }),
        model,
      }),
    }))
    const context = { awsRequestId: 'counted', getRemainingTimeInMillis: () => 300_000 } as Parameters<
      typeof handler
    >[1]
    results.push(
      (await handler(
        { runId, execution: 1, stepId: `s${index}`, agent, input, settings: { effectsUrl: deployed.effectsUrl } },
        context,
      )) as StepResult,
    )
  }
  return { results, requests }
}

describe('requests of an agent step', () => {
  it('one turn, and the output in it', async () => {
    const { results, requests } = await counted([['worker', { item: 'a' }]])
    expect(results).toMatchObject([{ status: 'completed' }])
    expect(requests).toEqual({ Query: 3, PutItem: 1, GetItem: 2, TransactWriteItems: 1 })
  })

  it('a turn more, with one tool call', async () => {
    const { results, requests } = await counted([['surveyor', { item: 'a' }]])
    expect(results).toMatchObject([{ status: 'completed', usage: { turns: 2, toolCalls: 1 } }])
    expect(requests).toEqual({ Query: 3, PutItem: 3, GetItem: 4, TransactWriteItems: 1 })
  })

  it('a tool call that does something: a claim, and what came of it', async () => {
    const { results, requests } = await counted([['booker', { item: 'a' }]])
    expect(results).toMatchObject([{ status: 'completed', usage: { turns: 2, toolCalls: 1 } }])
    expect(requests).toEqual({ Query: 4, PutItem: 3, GetItem: 4, TransactWriteItems: 1, UpdateItem: 2 })
  })

  it('an output that is an artifact, and a step that reads it', async () => {
    const first = await counted([['producer', { bytes: 400_000 }]])
    expect(first.results).toMatchObject([{ status: 'completed', output: { bytes: expect.any(Number) } }])
    expect(first.requests).toMatchObject({ 'S3 PUT': expect.any(Number) })
  })
})

describe('state transitions', () => {
  it.each([
    ['chain', { word: 'b', count: 2 }, 3],
    ['fan', { word: 'b', count: 4 }, 6],
    ['brief', { target: 3 }, 2],
  ] as const)('%s', async (workflow, input, steps) => {
    const { histories, rows } = await runOnAws({ stack: patterns, workflow, input })
    const done = rows.filter(({ event, stepId }) => event === 'outcome' && stepId !== ':run').length
    const transitions = histories.flatMap(({ events }) => events).filter(({ type }) => type?.endsWith('StateEntered'))
    expect(done).toBe(steps)
    expect(transitions.length / steps).toBeLessThanOrEqual(5)
    console.error(`${workflow}: ${transitions.length} state transitions for ${steps} agent steps`)
  })
})
