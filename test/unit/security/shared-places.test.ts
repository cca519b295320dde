/** Baton's own tools reach into the records: a hijacked model names places of other agents, runs and kinds in their arguments. */
import { expect, it } from 'vitest'
import * as z from 'zod'
import { verifyRun } from '../../../src/audit/verify-run.ts'
import { defineAgent } from '../../../src/define/agent.ts'
import { defineMessage } from '../../../src/define/message.ts'
import { sequence, step } from '../../../src/define/patterns.ts'
import { stateKey } from '../../../src/define/state.ts'
import { readState } from '../../../src/define/state-nodes.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import type { Script } from '../../../src/models/scripted.ts'
import type { Json } from '../../../src/schema/json.ts'
import { runInMemory } from '../../../src/testing/run-in-memory.ts'
import { scriptedModel } from '../../../src/testing/scripted-model.ts'

const common = { version: '1.0.0', role: 'Agent', goal: 'Works.', instructions: 'Work.', model: { id: 'any' } }
const Word = z.strictObject({ word: z.string() })
const Note = defineMessage({ name: 'note', description: 'A remark.', body: Word })
const notes = stateKey(z.array(z.string()), { reducer: 'append' })
const plan = stateKey(z.array(z.string()), { reducer: 'append' })
const base = { ...common, input: Word, output: Word }
const victim = defineAgent({
  ...{ ...base, name: 'victim', sends: { friend: [Note] }, receives: { friend: [Note] } },
  state: { reads: { notes }, writes: { notes } },
})
const friend = defineAgent({
  ...base,
  name: 'friend',
  receives: { victim: [Note], boss: [Note] },
  sends: { victim: [Note] },
})
const boss = defineAgent({ ...base, name: 'boss', sends: { friend: [Note] }, state: { writes: { plan } } })
const main = defineWorkflow({
  ...{ name: 'main', version: '1.0.0', input: Word, output: z.unknown(), state: { notes, plan } },
  steps: ({ run }) => {
    const input = { input: run.input }
    const read = readState('read', { notes, plan })
    return sequence(step('boss', boss, input), step('victim', victim, input), step('friend', friend, input), read)
  },
})
const team = defineTeam({ name: 'team', agents: [victim, friend, boss], workflows: [main] })

const say = (message: Json) => ({ name: 'send_message', input: { message } })
const write = (update: Json) => ({ name: 'update_state', input: { update } })
const read = (input: Json) => ({ name: 'read_state', input })
const receive = (input: Json) => ({ name: 'read_messages', input })
const body = { word: 'psst' }

it.each<[string, { name: string; input: Json }]>([
  ['a message to who takes none of it', say({ type: 'note', to: 'boss', body })],
  ['a message to the box of another run', say({ type: 'note', to: 'RUN#run-2#BOX#friend#victim', body })],
  ['a message in the name of another', say({ type: 'note', to: 'friend', from: 'boss', body })],
  ['a message of another type', say({ type: 'order', to: 'friend', body })],
  ['a message with more in it', say({ type: 'note', to: 'friend', body: { ...body, approved: true } })],
  ['messages of another', receive({ agent: 'friend' })],
  ['messages of another run', receive({ runId: 'run-2' })],
  ['a key that it was not given', read({ key: 'plan' })],
  ['a key by its place', read({ key: 'main.plan' })],
  ['the head of a run', read({ key: 'RUN#run-2' })],
  ['rows of its own record', read({ key: 'RUN#run-1#victim' })],
  ['a task token', read({ key: 'TOKEN#1' })],
  ['every key', read({ key: '*' })],
  ['a key in Cyrillic letters', read({ key: 'nоtes' })],
  ['a write to a key of another', write({ key: 'plan', value: ['mine'] })],
  ['a write to another run', write({ key: 'notes', value: ['x'], runId: 'run-2' })],
  ['a write into its own record', write({ key: 'RUN#run-1#victim', value: ['x'] })],
  ['a write to a prototype', write({ key: '__proto__', value: ['x'] })],
])('%s: nothing is read or written', async (_, call) => {
  const model = scriptedModel({
    boss: [{ toolUses: [write({ key: 'plan', value: ['secret plan'] })] }, { submit: body }],
    victim: [{ toolUses: [call] }, { submit: body }],
    friend: [{ toolUses: [receive({})] }, { submit: body }],
  } as Script)
  const { run, output, audit } = await runInMemory(team, { model, input: { word: 'go' } })
  expect(verifyRun(audit, { head: run })).toMatchObject({ status: 'intact', findings: [] })
  const ofVictim = audit.rows.filter(({ stepId, event }) => stepId === 'victim' && event === 'tool')
  expect(ofVictim).toMatchObject([{ status: 'denied', rule: 'argumentsOffSchema' }])
  expect(output).toMatchObject({ values: { notes: [], plan: ['secret plan'] } })
  const asked = (who: string) =>
    JSON.stringify(model.calls.filter(({ agent }) => agent === who).map(({ request }) => request.messages))
  expect(asked('victim')).not.toContain('secret plan')
  expect(asked('friend')).not.toContain('psst')
})
