import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { systemClock } from '../../../src/clock.ts'
import { defineAgent } from '../../../src/define/agent.ts'
import { step } from '../../../src/define/patterns.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineTool } from '../../../src/define/tool.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { openHost } from '../../../src/engine/host.ts'
import { thisProcess } from '../../../src/engine/host-owner.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import { EffectUnknown } from '../../../src/errors.ts'
import { RUN_CHAIN } from '../../../src/records/run-chain.ts'
import type { EffectView } from '../../../src/schema/effect.ts'
import { RunId, type Sha256 } from '../../../src/schema/ids.ts'
import { scriptedModel } from '../../../src/testing/scripted-model.ts'

const shape = { description: 'Acts.', input: z.object({}), output: z.string() }
const tools = [
  defineTool({ ...shape, name: 'look', effect: 'read', run: async () => 'seen' }),
  defineTool({ ...shape, name: 'send', effect: 'keyed', run: async () => 'sent' }),
  defineTool({
    ...shape,
    name: 'pay',
    run: () => Promise.reject(new EffectUnknown({ message: 'the connection broke', next: 'Ask the bank.' })),
  }),
]
const clerk = defineAgent({
  name: 'clerk',
  version: '1.0.0',
  role: 'Clerk',
  goal: 'Pay.',
  instructions: 'Use the tools.',
  model: { id: 'model-a' },
  tools,
  input: z.object({}),
  output: z.object({ done: z.string() }),
})
const paying = defineWorkflow({
  name: 'paying',
  version: '1.0.0',
  input: z.object({}),
  output: z.object({ done: z.string() }),
  steps: () => step('pay', clerk),
})
const team = defineTeam({ name: 'office', agents: [clerk], workflows: [paying] })

async function ranOnce() {
  const folder = mkdtempSync(join(tmpdir(), 'baton-effects-'))
  const stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock: systemClock })
  const toolUses = tools.map(({ name }) => ({ name, input: {} }))
  const host = openHost({
    stores,
    team,
    model: scriptedModel({ clerk: [{ toolUses }, { submit: { done: 'yes' } }] }),
    priceOf: () => undefined,
    clock: systemClock,
    random: () => 0,
    newRunId: () => 'run-1',
    owner: thisProcess(),
  })
  onTestFinished(async () => {
    await host.release()
    stores.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const { ended } = await host.start({ workflow: paying.name, input: {}, settings: {} })
  expect(await ended).toMatchObject({ status: 'succeeded' })
  return { service: host.service, stores, runId: RunId.parse('run-1') }
}

const short = ({ tool, status, result }: EffectView) => [tool, status, result]

it('lists what was done to the world, and what nobody knows of', async () => {
  const { service, runId, stores } = await ranOnce()
  const { effects } = await service.effects(runId)
  expect(effects.map(short).toSorted()).toEqual([
    ['pay', 'unknown', undefined],
    ['send', 'done', 'ok'],
  ])
  expect(effects[0]).toMatchObject({ agent: 'clerk', effect: expect.any(String), at: expect.any(String) })
  const [first] = effects
  const { records } = await stores.journal.readStep(runId, first?.stepId as never)
  const rows = records.flatMap(({ row }) => (row.event === 'tool' ? [`${row.tool?.name} ${row.status}`] : []))
  expect(rows.toSorted()).toEqual(['look ok', 'pay unknown', 'send ok'])
})

it.each(['happened', 'not-happened'] as const)('lets a person say once that it %s, as a row of the run', async (as) => {
  const { service, runId, stores } = await ranOnce()
  const callId = (await service.effects(runId)).effects.find(({ status }) => status === 'unknown')?.callId as Sha256
  const settle = { callId, as, comment: 'the bank says so' }
  const settled = await service.settleEffect(runId, settle, 'anna')
  expect(settled.effects.map(short)).toContainEqual(['pay', 'done', as === 'happened' ? 'EffectHappened' : 'NotActed'])
  await expect(service.settleEffect(runId, settle)).rejects.toMatchObject({ name: 'Conflict' })
  const { records } = await stores.journal.readStep(runId, RUN_CHAIN)
  const said = records.filter(({ row }) => row.rule === 'effect.settle')
  expect(said.map(({ row }) => [row.status, row.reason, row.tool?.callId])).toEqual([[as, 'the bank says so', callId]])
  const start = records.findLast(({ row }) => row.event === 'start' && row.attempt === said[0]?.row.attempt)
  expect(start?.row.actor?.onBehalfOf).toBe('anna')
})

it('settles nothing that is known, nor what there is not', async () => {
  const { service, runId } = await ranOnce()
  const { effects } = await service.effects(runId)
  const done = effects.find(({ status }) => status === 'done')?.callId as Sha256
  const say = { as: 'happened' as const, comment: 'I think so' }
  await expect(service.settleEffect(runId, { callId: done, ...say })).rejects.toMatchObject({ name: 'Conflict' })
  const other = done.replace(/./g, '0') as Sha256
  await expect(service.settleEffect(runId, { callId: other, ...say })).rejects.toMatchObject({ name: 'NotFound' })
  await expect(service.effects('run-2' as RunId)).rejects.toMatchObject({ name: 'NotFound' })
})
