import fc from 'fast-check'
import { expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import type { Ref } from '../../../src/define/expressions.ts'
import { handoffs } from '../../../src/define/handoffs.ts'
import { forEach, from, type Node, sequence, step } from '../../../src/define/patterns.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import type { Json } from '../../../src/schema/json.ts'
import { INLINE_OUTPUT_BYTES, type StepInput } from '../../../src/schema/step.ts'
import { validate } from '../../../src/workflow/validate.ts'
import { completed, runWorkflow, usage } from './run-workflow.ts'

const Task = z.object({ text: z.string() })
const Answer = z.object({ answer: z.string() })

function agent(name: string) {
  const who = { role: 'Clerk', goal: 'To help.', instructions: 'Help.', model: { id: 'any' } }
  return defineAgent({ name, version: '1.0.0', ...who, input: Task, output: Answer })
}
const [triage, billing, tech] = [agent('triage'), agent('billing'), agent('tech')]
const agents = [triage, billing, tech]
const edges = { triage: ['billing', 'tech'], billing: ['triage', 'tech'], tech: ['triage'] }

const to = (name: string, message = `to ${name}`) => ({ handoff: { to: name, message, reason: `${name} knows` } })

const REFERENCE = { $ref: `sha256:${'0'.repeat(64)}`, bytes: 30_013 }

type Turn = { message: string | null; from: string | null; task: Json; trail: Json[] }
const turnOf = ({ input }: StepInput) => input as unknown as Turn

async function run(
  build: (input: Ref<z.infer<typeof Task>>) => Node<unknown>,
  answer: (input: StepInput) => Json | Error | 'stops',
) {
  const steps = ({ run: { input } }: { run: { input: Ref<z.infer<typeof Task>> } }) => build(input)
  const main = defineWorkflow({ name: 'main', version: '1.0.0', input: Task, output: z.unknown(), steps })
  const team = defineTeam({ name: 'team', agents, workflows: [main] })
  expect(validate(team)).toEqual([])
  const stopped = { status: 'stopped' as const, cause: 'refused' as const, reason: 'filtered', next: 'rephrase', usage }
  return runWorkflow(team, 'main', { text: 'no power' }, (input) => {
    const said = answer(input)
    return said === 'stops' ? stopped : said instanceof Error ? said : completed(said)
  })
}

it('passes the task along declared edges until somebody has an answer', async () => {
  const { output, inputs, stepIds } = await run(
    (input) => handoffs('desk', { agents, edges, input }),
    ({ agent: name }) =>
      name === 'triage' ? to('billing') : name === 'billing' ? to('tech') : { answer: 'plug it in' },
  )
  expect(output).toEqual({
    ended: 'done',
    output: { answer: 'plug it in' },
    by: 'tech',
    reason: null,
    trail: [
      { from: 'triage', to: 'billing', reason: 'billing knows' },
      { from: 'billing', to: 'tech', reason: 'tech knows' },
    ],
  })
  expect(stepIds).toEqual(['desk-turns=1/desk-triage', 'desk-turns=2/desk-billing', 'desk-turns=3/desk-tech'])
  const last = inputs.get('desk-turns=3/desk-tech')
  expect(last && turnOf(last)).toMatchObject({ task: { text: 'no power' }, message: 'to tech', from: 'billing' })
  expect(last?.contract).toEqual({ kind: 'handoff', to: ['triage'] })
})

it('passes on what was declared: only the message, or every message so far', async () => {
  const answer = ({ agent: name }: StepInput) =>
    name === 'triage' ? to('billing') : name === 'billing' ? to('tech') : { answer: 'done' }
  const little = await run((input) => handoffs('desk', { agents, input, context: 'message' }), answer)
  const all = await run((input) => handoffs('desk', { agents, input, context: 'all' }), answer)
  const at = (outcome: typeof all) => turnOf(outcome.inputs.get('desk-turns=3/desk-tech') as StepInput)

  expect(turnOf(little.inputs.get('desk-turns=1/desk-triage') as StepInput).task).toEqual({ text: 'no power' })
  expect(at(little)).toMatchObject({ task: null, message: 'to tech' })
  expect(at(little).trail[0]).not.toHaveProperty('message')
  expect(at(all).trail).toMatchObject([{ message: 'to billing' }, { message: 'to tech' }])
})

it('ends a game of ping-pong, and a chain that is too long, with what there is', async () => {
  const pong = await run(
    (input) => handoffs('desk', { agents, edges, input, repeats: 2 }),
    ({ agent: name }) => (name === 'triage' ? to('billing') : to('triage')),
  )
  expect(pong.output).toMatchObject({ ended: 'pingPong', output: null, by: 'triage' })
  expect(pong.output).toMatchObject({ reason: expect.stringContaining('more than 2 times along the same edge') })
  expect(pong.stepIds).toHaveLength(5)

  const next = { triage: 'billing', billing: 'tech', tech: 'triage' } as const
  const long = await run(
    (input) => handoffs('desk', { agents, edges, input, max: 4, repeats: 9 }),
    ({ agent: name }) => to(next[name as keyof typeof next]),
  )
  expect(long.output).toMatchObject({ ended: 'bound', by: 'triage', trail: { length: 4 } })
  expect(long.stepIds).toHaveLength(4)
})

it('is a typed end where somebody fails: who had it, why, and the way there', async () => {
  const failed = await run(
    (input) => handoffs('desk', { agents, input }),
    ({ agent: name }) => (name === 'triage' ? to('tech') : 'stops'),
  )
  expect(failed).toMatchObject({ status: 'SUCCEEDED' })
  expect(failed.output).toMatchObject({ ended: 'failed', by: 'tech', reason: 'filtered', trail: { length: 1 } })
})

it('nests: one for each item, and its answer is read after it', async () => {
  const { output } = await run(
    (input) => {
      const each = forEach('each', [1, 2], () => {
        const desk = handoffs('desk', { agents, input })
        return sequence(desk, step('after', triage, { input: { text: from(desk).by } }))
      })
      return each
    },
    (input) =>
      input.stepId.endsWith('after')
        ? { answer: `by ${(input.input as { text: string }).text}` }
        : input.agent === 'triage'
          ? to('billing')
          : { answer: 'paid' },
  )
  expect(output).toEqual([{ answer: 'by billing' }, { answer: 'by billing' }])
})

it('fits a state however many large answers there are, and takes no part of them for anything', async () => {
  const numbers = Array.from({ length: 20 }, (_, index) => index)
  const { status, output } = await run(
    (input) => forEach('each', numbers, () => handoffs('desk', { agents, input }), { max: 20 }),
    ({ agent: name, inlineBytes = INLINE_OUTPUT_BYTES }) => {
      if (name === 'triage') return to('billing', 'm'.repeat(4_000))
      const answer = { answer: 'x'.repeat(30_000) }
      return JSON.stringify(answer).length <= inlineBytes ? answer : REFERENCE
    },
  )
  expect(status).toBe('SUCCEEDED')
  expect(output).toHaveLength(20)
  expect(output).toMatchObject(numbers.map(() => ({ ended: 'done', output: REFERENCE, by: 'billing' })))
})

it('never runs anybody whom it does not name, and never longer than it may, whatever is answered', async () => {
  const name = fc.constantFrom('triage', 'billing', 'tech', 'nobody', '')
  const said = fc.oneof(
    name.map((one) => to(one) as Json),
    fc.constant({ answer: 'x' }),
    fc.constant('stops' as const),
  )
  await fc.assert(
    fc.asyncProperty(fc.array(said, { minLength: 1, maxLength: 12 }), async (answers) => {
      let at = 0
      const allowed = await run(
        (input) => handoffs('desk', { agents, edges, input, max: 6 }),
        // What the agent loop would refuse never gets here: it holds an output against the contract.
        ({ contract }) => {
          const next = answers[at++ % answers.length] ?? 'stops'
          const [kind, offered] = [contract?.kind, contract?.kind === 'handoff' ? contract.to : []]
          expect(kind).toBe('handoff')
          const wants = (next as { handoff?: { to: string } }).handoff?.to
          return wants === undefined || (offered as string[]).includes(wants) ? next : 'stops'
        },
      )
      expect(allowed.status).toBe('SUCCEEDED')
      expect(allowed.stepIds.length).toBeLessThanOrEqual(6)
    }),
    { numRuns: 40 },
  )
})

it('refuses what can never be', () => {
  const input = { text: 'x' }
  const say = (options: object) => () => handoffs('desk', { agents, input, ...options } as never)
  expect(say({ edges: { triage: ['nobody'] } })).toThrow(/edges.triage: nobody is not among the agents/)
  expect(say({ edges: { triage: ['triage'] } })).toThrow(/to itself/)
  expect(say({ start: agent('other') })).toThrow(/start: other is not among the agents/)
  expect(say({ max: 0 })).toThrow(/max/)
  expect(say({ agents: [triage, triage] })).toThrow(/there twice/)
  for (const field of ['handoff', 'stopped']) {
    const output = z.object({ [field]: z.string() })
    for (const schema of [output, z.array(output), z.array(z.array(output))]) {
      const outputSchema = z.toJSONSchema(schema)
      expect(say({ agents: [triage, { ...agent('odd'), outputSchema }] })).toThrow(`field ${field}`)
    }
  }
})
