/** Two agents of one workflow that write to each other, on the embedded host, and what people see of it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import { createHttpApp } from '../../../src/api/http/app.ts'
import { systemClock } from '../../../src/clock.ts'
import { defineAgent } from '../../../src/define/agent.ts'
import { defineMessage } from '../../../src/define/message.ts'
import { sequence, step } from '../../../src/define/patterns.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { openHost } from '../../../src/engine/host.ts'
import { thisProcess } from '../../../src/engine/host-owner.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import { RunId } from '../../../src/schema/ids.ts'
import type { MessageList } from '../../../src/schema/mailbox.ts'
import { scriptedModel } from '../../../src/testing/scripted-model.ts'

const Note = defineMessage({ name: 'note', description: 'Says something.', body: z.string() })
const Done = z.object({ done: z.string() })
const base = { version: '1.0.0', role: 'Clerk', goal: 'Work.', instructions: 'Work.', model: { id: 'm' } }
const schemas = { input: z.object({}), output: Done }
const writer = defineAgent({ ...base, ...schemas, name: 'writer', sends: { reader: [Note], boss: [Note] } })
const reader = defineAgent({ ...base, ...schemas, name: 'reader', receives: { writer: [Note] } })
const boss = defineAgent({ ...base, ...schemas, name: 'boss', receives: { writer: [Note] } })
const telling = defineWorkflow({
  name: 'telling',
  version: '1.0.0',
  input: z.object({}),
  output: Done,
  steps: () => sequence(step('write', writer, { input: {} }), step('read', reader, { input: {} })),
})
const team = defineTeam({ name: 'office', agents: [writer, reader, boss], workflows: [telling] })

const send = (to: string, body: string) => ({ name: 'send_message', input: { message: { type: 'note', to, body } } })

async function told() {
  const folder = mkdtempSync(join(tmpdir(), 'baton-messages-'))
  const stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock: systemClock })
  const submit = { submit: { done: 'yes' } }
  const model = scriptedModel({
    writer: [{ toolUses: [send('reader', 'one'), send('reader', 'two'), send('boss', 'three')] }, submit],
    reader: [{ toolUses: [{ name: 'read_messages', input: {} }] }, submit],
  })
  const host = openHost({
    ...{ stores, team, model, clock: systemClock },
    priceOf: () => undefined,
    random: () => 0,
    newRunId: () => 'run-1',
    owner: thisProcess(),
  })
  onTestFinished(async () => {
    await host.release()
    stores.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const { ended } = await host.start({ workflow: telling.name, input: {}, settings: {} })
  expect(await ended).toMatchObject({ status: 'succeeded' })
  return { service: host.service, runId: RunId.parse('run-1') }
}

it('lists what agents sent each other, all of it or that of one, over HTTP too', async () => {
  const { service, runId } = await told()
  const { messages } = await service.messages(runId)
  expect(messages.map(({ id, to, body, status, readBy }) => [id, to, body, status, readBy])).toEqual([
    ['writer/1', 'reader', 'one', 'read', 'read'],
    ['writer/2', 'reader', 'two', 'read', 'read'],
    ['writer/1', 'boss', 'three', 'waiting', undefined],
  ])
  const app = createHttpApp(service)
  const answer = await app.request(`/runs/${runId}/messages?agent=boss`)
  expect(answer.status).toBe(200)
  expect((await answer.json()) as MessageList).toMatchObject({ runId, messages: [{ body: 'three' }] })
  expect((await app.request(`/runs/${runId}/messages?agent=No+name`)).status).toBe(400)
  await expect(service.messages('nowhere' as never)).rejects.toThrow(/nowhere/)
})
