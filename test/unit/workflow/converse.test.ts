import { expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { type Conversation, converse, speaker } from '../../../src/define/converse.ts'
import { eq, gt, jsonata, type Ref } from '../../../src/define/expressions.ts'
import type { Node } from '../../../src/define/patterns.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import type { Json } from '../../../src/schema/json.ts'
import type { StepInput } from '../../../src/schema/step.ts'
import { validate } from '../../../src/workflow/validate.ts'
import { completed, runWorkflow } from './run-workflow.ts'

const Topic = z.object({ question: z.string() })

function agent(name: string) {
  const who = { role: 'Speaker', goal: 'To talk.', instructions: 'Talk.', model: { id: 'any' } }
  return defineAgent({ name, version: '1.0.0', ...who, input: Topic, output: z.object({ text: z.string() }) })
}
const [ann, bob, cleo, chair] = [agent('ann'), agent('bob'), agent('cleo'), agent('chair')]
const agents = [ann, bob, cleo]

type Given = { topic: Json; you?: string; transcript: { speaker: string; message: string }[]; turn: number }
const givenTo = ({ input }: StepInput) => input as unknown as Given
const says = (agrees: boolean) => (input: StepInput) => ({ message: `${givenTo(input).turn}`, agrees })

async function run(
  build: (input: Ref<z.infer<typeof Topic>>) => Node<Conversation>,
  answer: (input: StepInput) => Json | Error,
) {
  const steps = ({ run: { input } }: { run: { input: Ref<z.infer<typeof Topic>> } }) => build(input)
  const main = defineWorkflow({ name: 'main', version: '1.0.0', input: Topic, output: z.unknown(), steps })
  const team = defineTeam({ name: 'team', agents: [...agents, chair], workflows: [main] })
  expect(validate(team)).toEqual([])
  const outcome = await runWorkflow(team, 'main', { question: 'why' }, (input) => {
    const said = answer(input)
    return said instanceof Error ? said : completed(said)
  })
  return { ...outcome, talk: outcome.output as unknown as Conversation }
}

const speakers = ({ transcript }: Conversation) => transcript.map((said) => said.speaker)

it('goes round in turn, shows each what was said, and ends when all agree', async () => {
  const { talk, inputs } = await run(
    (topic) => converse('talk', { agents, topic }),
    (input) => says(givenTo(input).turn > 3)(input),
  )
  expect(talk).toMatchObject({ ended: 'agreement', turns: 6, agreed: ['ann', 'bob', 'cleo'] })
  expect(speakers(talk)).toEqual(['ann', 'bob', 'cleo', 'ann', 'bob', 'cleo'])
  const third = givenTo(inputs.get('talk-turns=3/talk-cleo') as StepInput)
  expect(third).toMatchObject({ topic: { question: 'why' }, you: 'cleo', turn: 3, speakers: ['ann', 'bob', 'cleo'] })
  expect(third.transcript).toEqual([
    { speaker: 'ann', message: '1', agrees: false },
    { speaker: 'bob', message: '2', agrees: false },
  ])
})

it('ends at its bound, with as much of it as fits the window', async () => {
  const { talk } = await run((topic) => converse('talk', { agents, topic, max: 7, window: 2 }), says(false))
  expect(talk).toMatchObject({ ended: 'bound', turns: 7, agreed: [] })
  expect(talk.transcript.map(({ message }) => message)).toEqual(['6', '7'])
})

it('ends by a rule over what was said, whoever disagrees', async () => {
  const until = (talk: Ref<{ last: { message: string } | null }>) => eq(talk.last.message, '2')
  const { talk } = await run((topic) => converse('talk', { agents, topic, until: until as never }), says(false))
  expect(talk).toMatchObject({ ended: 'rule', turns: 2 })
})

it('takes who is next from an expression, and whoever is in turn where that is nobody', async () => {
  const next = (talk: Ref<{ turns: number }>) =>
    jsonata<string>('$late ? "somebody else" : "cleo"', { late: gt(talk.turns, 1) })
  const policy = speaker.rule(next as never)
  const { talk } = await run((topic) => converse('talk', { agents, topic, speaker: policy, max: 4 }), says(false))
  expect(speakers(talk)).toEqual(['cleo', 'cleo', 'cleo', 'ann'])
})

it('does as the moderator says: who speaks, and that it is enough', async () => {
  const { talk, stepIds, inputs } = await run(
    (topic) => converse('talk', { agents, topic, speaker: speaker.moderator(chair) }),
    (input) =>
      input.agent === 'chair' ? { next: givenTo(input).turn > 2 ? null : 'bob', reason: 'so' } : says(false)(input),
  )
  expect(talk).toMatchObject({ ended: 'moderator', turns: 2 })
  expect(speakers(talk)).toEqual(['bob', 'bob'])
  expect(stepIds.filter((id) => id.endsWith('talk-floor'))).toHaveLength(3)
  expect(inputs.get('talk-turns=1/talk-floor')?.contract).toEqual({
    kind: 'moderate',
    speakers: ['ann', 'bob', 'cleo'],
  })
})

it('ends at its bound where the moderator never has enough, and after one round where all agree at once', async () => {
  const { talk, stepIds } = await run(
    (topic) => converse('talk', { agents, topic, speaker: speaker.moderator(chair), max: 5 }),
    (input) => (input.agent === 'chair' ? { next: 'ann', reason: 'more' } : says(true)(input)),
  )
  expect(talk).toMatchObject({ ended: 'bound', turns: 5, agreed: ['ann'] })
  expect(stepIds).toHaveLength(10)
  const { talk: brief } = await run((topic) => converse('talk', { agents, topic }), says(true))
  expect(brief).toMatchObject({ ended: 'agreement', turns: 3, agreed: ['ann', 'bob', 'cleo'] })
})

it('goes on in turn where the moderator fails, and without whoever fails', async () => {
  const { talk } = await run(
    (topic) => converse('talk', { agents, topic, speaker: speaker.moderator(chair), max: 3 }),
    (input) => (input.agent === 'chair' || input.agent === 'bob' ? new Error('no') : says(true)(input)),
  )
  expect(talk).toMatchObject({ ended: 'bound', turns: 3, agreed: ['ann', 'cleo'] })
  expect(talk.transcript[1]).toMatchObject({ speaker: 'bob', message: '', gap: expect.any(String) })
})

it('ends where nobody says anything any more, and at once where a moderator has enough', async () => {
  const silent = await run(
    (topic) => converse('talk', { agents, topic }),
    () => new Error('no'),
  )
  expect(silent.talk).toMatchObject({ ended: 'silence', turns: 3 })
  const over = await run(
    (topic) => converse('talk', { agents, topic, speaker: speaker.moderator(chair) }),
    () => ({ next: null, reason: 'nothing to say' }),
  )
  expect(over.talk).toEqual({ ended: 'moderator', transcript: [], turns: 0, agreed: [] })
})

it('refuses what can never be', () => {
  const topic = { question: 'why' }
  const say = (options: object) => () => converse('talk', { agents, topic, ...options } as never)
  expect(say({ agents: [ann] })).toThrow(/at least two/)
  expect(say({ agents: [ann, ann] })).toThrow(/there twice/)
  expect(say({ max: 1_000 })).toThrow(/max/)
  expect(say({ speaker: { by: 'moderator', agent: 'chair' } })).toThrow(/speaker: the moderator is no agent/)
})
