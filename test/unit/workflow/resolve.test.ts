/** `resolve` as it runs: compiled, on the engine, with the rules as the control function decides them. */
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { forEach, from, type Node, parallel, sequence, step } from '../../../src/define/patterns.ts'
import { resolve } from '../../../src/define/resolve.ts'
import { by } from '../../../src/define/resolve-by.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import type { Json, JsonObject } from '../../../src/schema/json.ts'
import { JudgeInput, JudgeVerdict } from '../../../src/schema/resolve.ts'
import type { StepInput, StepResult } from '../../../src/schema/step.ts'
import { validate } from '../../../src/workflow/validate.ts'
import { common } from '../define/agents.ts'
import { type People, runPeople } from './run-people.ts'

const Opinion = z.object({ verdict: z.string().nullable(), sure: z.number().optional(), reason: z.string().optional() })
const Draft = z.object({ draft: z.string() })
const agent = <Output extends z.ZodType>(name: string, output: Output, input: z.ZodType = z.unknown()) =>
  defineAgent({ ...common, name, role: 'Voter', input, output })
const [critic, lawyer, checker] = ['critic', 'lawyer', 'checker'].map((name) => agent(name, Opinion)) as [
  Voter,
  Voter,
  Voter,
]
type Voter = ReturnType<typeof agent<typeof Opinion>>
const writer = agent('writer', Draft)
const judge = agent('judge', JudgeVerdict, JudgeInput)
const chief = agent('chief', Opinion)

type Answers = Readonly<Record<string, Json | Error | ((input: StepInput) => Json)>>

/** What each agent, or step, says. An error: it fails; nothing: it stops. */
function saying(answers: Answers) {
  const usage = { turns: 1, toolCalls: 0, inputTokens: 1, outputTokens: 1, costUsd: 0 }
  return (input: StepInput): StepResult | Error => {
    const said = answers[input.stepId] ?? answers[input.agent]
    if (said instanceof Error) return said
    if (said === undefined) return { status: 'stopped', cause: 'refused', reason: 'would not say', next: 'Ask.', usage }
    return { status: 'completed', output: typeof said === 'function' ? said(input) : said, usage }
  }
}

async function run(root: Node<unknown>, answers: Answers, people: Partial<People> = {}) {
  const main = defineWorkflow({
    ...{ name: 'main', version: '1.0.0', input: z.unknown(), output: z.unknown() },
    limits: { seconds: 86_400 * 30 },
    steps: () => root,
  })
  const agents = [critic, lawyer, checker, writer, judge, chief]
  const team = defineTeam({ name: 'team', agents, workflows: [main], roles: { editor: ['local:ann'] } })
  expect(validate(team)).toEqual([])
  const { result, ...rest } = await runPeople(team, 'main', { claim: 'x' }, { step: saying(answers), ...people })
  const output = (result.status === 'SUCCEEDED' ? result.output : undefined) as JsonObject | undefined
  return { ...rest, result, output, asked: rest.inputs.map(({ agent: name }) => name) }
}

const yes = { verdict: 'yes' }
const no = { verdict: 'no', sure: 0.7, reason: 'Too dear.' }
const voters = [critic, lawyer, checker] as const
const check = (parts: Partial<Parameters<typeof resolve>[2]> = {}) =>
  resolve('check', voters, { by: by.vote(), on: 'verdict', confidence: 'sure', ...parts } as never)

describe('a vote', () => {
  it('asks all at once, and gives what stands with the dissent', async () => {
    const { output } = await run(check(), { critic: yes, lawyer: no, checker: yes })
    expect(output).toEqual({
      value: yes,
      rule: 'vote',
      margin: expect.closeTo(1 / 3),
      by: ['critic', 'checker'],
      dissent: [{ agent: 'lawyer', value: 'no', confidence: 0.7, reason: 'Too dear.' }],
      abstained: [],
    })
  })

  it('goes on without a voter that fails, one that stops, and one that says nothing', async () => {
    const quorum = by.vote({ quorum: 1 })
    const failed = await run(check({ by: quorum }), {
      critic: yes,
      lawyer: new Error('down'),
      checker: { verdict: null },
    })
    expect(failed.output).toMatchObject({ value: yes, by: ['critic'], abstained: ['lawyer', 'checker'] })
    const stopped = await run(check({ by: quorum }), { critic: yes })
    expect(stopped.output).toMatchObject({ value: yes, abstained: ['lawyer', 'checker'] })
  })

  it.each([
    ['all abstain', {}, 'All of 3 abstained. abstained: critic, lawyer, checker'],
    ['too few vote', { critic: yes }, 'Only 1 of 3 voted; 2 must. critic: "yes"; abstained: lawyer, checker'],
    [
      'it is a tie',
      { critic: yes, lawyer: no, checker: { verdict: 'maybe' } },
      'It is a tie. critic: "yes"; lawyer: "no"; checker: "maybe"',
    ],
  ])('ends by name where %s, saying who said what', async (_, answers, reason) => {
    const { result, cause } = await run(check(), answers)
    expect(result).toMatchObject({ status: 'FAILED', error: 'Stopped.undecided' })
    expect(cause).toMatchObject({ stepId: 'check-decision', cause: 'undecided', reason })
  })

  it('or with what was declared to stand instead', async () => {
    expect((await run(check({ otherwise: 'nobody knows' } as never), {})).output).toBe('nobody knows')
  })

  it('compares whole answers where no field is named, and lets one agent vote twice', async () => {
    const node = resolve('draft', { one: writer, two: writer, three: writer }, by.vote())
    const answers = { 'draft-one': { draft: 'a' }, 'draft-two': { draft: 'b' }, 'draft-three': { draft: 'a' } }
    const { output } = await run(node, answers)
    expect(output).toMatchObject({ value: { draft: 'a' }, by: ['one', 'three'] })
  })
})

describe('a person', () => {
  const escalated = check({ escalate: { role: 'editor' } })
  const tied = { critic: yes, lawyer: no }

  it('is not asked where the vote decides', async () => {
    const { output, tasks } = await run(escalated, { ...tied, checker: no })
    expect(output).toMatchObject({ value: no, rule: 'vote' })
    expect(tasks.filter(({ task }) => task === 'requestDecision')).toEqual([])
  })

  it('sees who said what of a tie, and picks', async () => {
    const { output, tasks } = await run(escalated, tied, { decide: () => ({ answer: { pick: 'lawyer' } }) })
    const asked = tasks.find(({ task }) => task === 'requestDecision')
    expect(asked).toMatchObject({
      node: 'check-person',
      input: {
        status: 'open',
        reason: 'It is a tie.',
        candidates: expect.arrayContaining([
          { label: expect.any(String), value: 'yes', agents: ['critic'], answers: [yes] },
          { label: expect.any(String), value: 'no', agents: ['lawyer'], answers: [no] },
        ]),
      },
    })
    expect(output).toMatchObject({ value: no, rule: 'person', by: ['lawyer'], dissent: [{ agent: 'critic' }] })
  })

  it('or answers, also where all abstained', async () => {
    const answer = { verdict: 'later' }
    const { output } = await run(escalated, {}, { decide: () => ({ answer: { answer } }) })
    expect(output).toMatchObject({ value: answer, rule: 'person', by: [], abstained: ['critic', 'lawyer', 'checker'] })
  })

  it('gets what is too close', async () => {
    const close = check({ by: by.vote({ margin: 0.5 }), escalate: { role: 'editor' } })
    const { output } = await run(close, { ...tied, checker: no }, { decide: () => ({ answer: { pick: 'critic' } }) })
    expect(output).toMatchObject({ value: yes, rule: 'person' })
  })

  it.each([
    ['nobody answers', () => 'nobody' as const, 'It is a tie. Nobody decided in time, or somebody declined.'],
    ['somebody declines', () => ({ outcome: 'denied' as const }), 'It is a tie. Nobody decided in time'],
    ['the pick said nothing', () => ({ answer: { pick: 'checker' } }), 'It is a tie. The person picked checker'],
  ])('leaves it undecided where %s', async (_, decide, reason) => {
    const { result, cause } = await run(escalated, tied, { decide })
    expect(result).toMatchObject({ status: 'FAILED', error: 'Stopped.undecided' })
    expect(cause.reason).toContain(reason)
  })
})

describe('a judge', () => {
  const judged = (parts: object = {}) => check({ by: by.judge(judge, parts) })
  const differ = { critic: yes, lawyer: no }
  /** @param own The score of what it chooses; the others get 0.5. */
  const choosing = (value: string, own?: number) => (input: StepInput) => {
    const { candidates } = JudgeInput.parse(input.input)
    const choice = candidates.find((one) => one.value === value)?.label ?? 'none'
    const scores = candidates.map(({ label }) => ({ label, score: label === choice ? (own ?? 1) : 0.5 }))
    return { choice, reason: 'So.', ...(own !== undefined && { scores }) } as Json
  }

  it('is not asked where all agree', async () => {
    const { output, asked } = await run(judged(), { critic: yes, lawyer: yes })
    expect(output).toMatchObject({ value: yes, rule: 'agreed' })
    expect(asked).not.toContain('judge')
  })

  it('chooses without being told whose the answers are', async () => {
    const { output, inputs } = await run(judged(), { ...differ, judge: choosing('no') })
    expect(output).toMatchObject({ value: no, rule: 'judge', by: ['lawyer'], dissent: [{ agent: 'critic' }] })
    expect(JSON.stringify(inputs.find(({ agent: name }) => name === 'judge')?.input)).not.toMatch(/critic|lawyer/)
  })

  it.each([
    ['names what nobody proposed', { choice: 'Z', reason: 'So.' }, /^The judge chose "Z", which is none of them/],
    ['contradicts itself', choosing('no', 0.2), /^The judge chose . \(0.2\) and scored . higher \(0.5\)/],
    ['fails', new Error('down'), /^The judge gave no verdict/],
  ])('that %s decides nothing', async (_, says, reason) => {
    const { result, cause } = await run(judged(), { ...differ, judge: says })
    expect(result).toMatchObject({ error: 'Stopped.undecided' })
    expect(cause.reason).toMatch(reason)
  })

  it('is followed by a person', async () => {
    const node = check({ by: by.judge(judge), escalate: { role: 'editor' } })
    const decide = () => ({ answer: { pick: 'critic' } })
    const { output, tasks } = await run(node, { ...differ, judge: { choice: 'none', reason: 'Neither.' } }, { decide })
    expect(output).toMatchObject({ value: yes, rule: 'person' })
    const asked = tasks.find(({ task }) => task === 'requestDecision')
    expect(asked).toMatchObject({ input: { reason: 'The judge chose "none", which is none of them.' } })
    expect(JSON.stringify(asked)).toContain('lawyer')
  })

  it('chooses between answers that were there before', async () => {
    const [x, y] = [step('x', writer), step('y', writer)]
    const node = sequence(x, y, resolve('pick', { a: from(x), b: from(y) }, by.judge(judge)))
    const answers = { x: { draft: 'long' }, y: { draft: 'short' } }
    const choice = (input: StepInput) => {
      const { candidates } = JudgeInput.parse(input.input)
      return {
        choice: candidates.find(({ value }) => (value as typeof answers.y).draft === 'short')?.label ?? '',
        reason: '',
      }
    }
    const { output } = await run(node, { ...answers, judge: choice })
    expect(output).toMatchObject({ value: answers.y, rule: 'judge', by: ['b'] })
  })
})

describe('others', () => {
  it('a supervisor answers in the place of voters that differ', async () => {
    const node = check({ by: by.supervisor(chief) })
    const { output, inputs } = await run(node, { critic: yes, lawyer: no, chief: { verdict: 'later' } })
    expect(output).toMatchObject({ value: { verdict: 'later' }, rule: 'supervisor', by: [] })
    expect(JSON.stringify(inputs.at(-1)?.input)).toContain('lawyer')
  })

  it('a veto stands', async () => {
    const node = check({ by: by.veto({ who: ['lawyer'], value: 'no' }) })
    const { output } = await run(node, { critic: yes, lawyer: no, checker: yes })
    expect(output).toMatchObject({ value: no, rule: 'veto', by: ['lawyer'] })
  })

  it('the highest in rank decides', async () => {
    const { output } = await run(check({ by: by.authority(['lawyer', 'critic']) }), { critic: yes, lawyer: no })
    expect(output).toMatchObject({ value: no, rule: 'authority' })
  })

  it('the surest wins', async () => {
    const node = check({ by: by.confidence({ field: 'sure', calibrated: false }) })
    const answers = { critic: { ...yes, sure: 0.6 }, lawyer: { ...no, sure: 0.95 }, checker: { ...yes, sure: 0.6 } }
    expect((await run(node, answers)).output).toMatchObject({ value: { verdict: 'no' }, rule: 'confidence' })
  })

  it('runs within forEach and parallel, each time for itself', async () => {
    const each = forEach('each', [1, 2, 3], (item) =>
      parallel('both', {
        vote: resolve('check', voters, { by: by.vote(), on: 'verdict', input: { item } }),
        other: step('other', writer),
      }),
    )
    const odd = ({ input }: StepInput) => (Number((input as JsonObject)['item']) % 2 === 1 ? yes : no) as Json
    const answers = { critic: odd, lawyer: odd, checker: yes, writer: { draft: '' } }
    const { output } = await run(each, answers)
    const verdicts = (output as unknown as { vote: { value: { verdict: string } } }[]).map(
      ({ vote }) => vote.value.verdict,
    )
    expect(verdicts).toEqual(['yes', 'no', 'yes'])
  })

  it('takes answers that are too large to travel', async () => {
    const long = { draft: 'x'.repeat(1_000) }
    const node = resolve('draft', { one: writer, two: writer }, { by: by.judge(judge), escalate: {} })
    const { output } = await run(node, { writer: long })
    expect(output).toMatchObject({ value: long })
  })
})
