import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { type Clock, systemClock } from '../../../src/clock.ts'
import { defineAgent } from '../../../src/define/agent.ts'
import { eq, failure } from '../../../src/define/expressions.ts'
import type { Node } from '../../../src/define/patterns.ts'
import {
  choose,
  compensate,
  forEach,
  from,
  parallel,
  repeat,
  sequence,
  step,
  wait,
  when,
  workflow,
} from '../../../src/define/patterns.ts'
import { approve, person } from '../../../src/define/people.ts'
import { supervise } from '../../../src/define/supervise.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineTool } from '../../../src/define/tool.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { ModelRejectedRequest } from '../../../src/errors.ts'
import type { Recording } from '../../../src/replay/recording.ts'
import { replayRun } from '../../../src/replay/replay-run.ts'
import type { Json } from '../../../src/schema/json.ts'
import { SupervisorInput, SupervisorPlan } from '../../../src/schema/supervision.ts'
import { type Script, scriptedModel } from '../../../src/testing/scripted-model.ts'
import { common } from '../define/agents.ts'
import { adversary } from '../workflow/generated-teams/adversary.ts'
import { teamOf as generatedTeam, tree } from '../workflow/generated-teams/trees.ts'
import { recorded, recordingIn, runToEnd } from './recorded.ts'

const made: string[] = []
const note = defineTool({
  name: 'note',
  description: 'Notes.',
  effect: 'keyed',
  input: z.object({ line: z.string() }),
  output: z.object({ noted: z.boolean() }),
  approval: { when: ({ line }) => line.startsWith('ask') },
  run: async ({ line }) => {
    made.push(line)
    return { noted: true }
  },
  undo: async () => {
    made.push('undone')
  },
})
const Said = z.object({ said: z.string(), list: z.array(z.string()).default([]) })
const agent = (name: string) =>
  defineAgent({ ...common, name, role: 'Role', input: z.unknown(), output: Said, tools: [note], asks: true })
const [ann, bob] = [agent('ann'), agent('bob')]
const lead = defineAgent({
  ...common,
  name: 'lead',
  role: 'Lead',
  input: SupervisorInput,
  output: SupervisorPlan,
  delegates: ['note'],
})

const child = defineWorkflow({
  ...{ name: 'child', version: '1.0.0', input: z.unknown(), output: z.unknown() },
  steps: ({ run }) => step('inner', bob, { input: run.input }),
})

function teamOf(root: Node<unknown>) {
  const main = defineWorkflow({
    ...{ name: 'main', version: '1.0.0', input: z.unknown(), output: z.unknown(), steps: () => root },
  })
  return defineTeam({ name: 'team', agents: [ann, bob, lead], workflows: [main, child] })
}

const submit = (said: string, list: string[] = []) => ({ submit: { said, list } })
const calls = (line: string) => ({ toolUses: [{ name: 'note', input: { line } }] })
const script: Script = { ann: () => submit('no', ['x', 'y']), bob: ({ messages }) => submit(`${messages.length}`) }
const model = (more: Script = {}) => scriptedModel({ ...script, ...more }, { recordCalls: false })
const plan = step('plan', ann)

/** Of two branches that fail within a millisecond, the record does not say which was first. */
function neverTwice(): Clock {
  let last = 0
  const now = () => {
    last = Math.max(last + 1, Date.now())
    return new Date(last)
  }
  return { now, sleep: systemClock.sleep }
}

const SHAPES: Readonly<Record<string, Node<unknown>>> = {
  forEach: sequence(
    plan,
    forEach('each', from(plan).list, (item) => step('work', bob, { input: item }), { max: 4 }),
  ),
  repeat: repeat('round', () => step('work', bob), { max: 3, until: (_, iteration) => eq(iteration, 2) }),
  choose: sequence(
    plan,
    choose('which', [when(eq(from(plan).said, 'yes'), step('a', bob))], { otherwise: step('b', bob) }),
  ),
  parallel: parallel('both', { a: step('a', ann), b: sequence(step('b', bob), step('c', bob)) }),
  child: workflow('sub', child, { input: 'for you' }),
  wait: sequence(wait('pause', { seconds: 1 }), step('work', bob)),
}

describe('a run, run again from its record', () => {
  it.each(Object.keys(SHAPES))('comes to the same, byte for byte: %s', async (name) => {
    const { recording, histories, run } = await recorded(teamOf(SHAPES[name] as Node<unknown>), {
      model: model(),
    })
    expect(run.status).toBe('succeeded')
    const replayed = await replayRun(recording, teamOf(SHAPES[name] as Node<unknown>), histories)
    expect(replayed).toMatchObject({ differences: [], modelCalls: 0, notes: [] })
    expect(replayed.events).toBeGreaterThan(4)
    expect(replayed.steps).toBeGreaterThan(0)
  })

  it('comes to the same under a supervisor', async () => {
    const texts = { objective: 'do', outputFormat: 'words', tools: [], boundaries: 'none' }
    const task = (id: string) => ({ id, agent: 'bob', ...texts })
    const team = teamOf(
      supervise('boss', { lead, members: [ann, bob], report: ann, input: 'x', rounds: 2, tasks: 3, concurrency: 2 }),
    )
    const plans = [
      { tasks: [task('one'), task('two')], done: false },
      { tasks: [], done: true },
    ]
    const { recording, histories, run } = await recorded(team, {
      model: model({
        lead: ({ messages }) => {
          const plan = plans[JSON.stringify(messages).includes('one') ? 1 : 0]
          return { submit: { effort: 'standard', notes: '', ...plan } as Json }
        },
      }),
    })
    expect(run.error).toBeUndefined()
    expect(await replayRun(recording, team, histories)).toMatchObject({ differences: [] })
  })

  it('comes to the same where people decided, answered and let time pass', async () => {
    const team = teamOf(
      sequence(
        step('work', bob),
        approve('publish', { input: 'it' }),
        person('review', { input: 'it', output: z.object({ ok: z.boolean() }) }),
        approve('late', { input: 'x', expires: 1, onExpiry: 'approve' }),
      ),
    )
    made.length = 0
    const { recording, histories, run } = await recorded(team, {
      model: model({ bob: [calls('ask me'), submit('done')] }),
      people: ({ request: { kind, stepId } }) => {
        if (stepId === 'late') return undefined
        return kind === 'person'
          ? { decision: 'approve', answer: { ok: true } }
          : { decision: 'approve', comment: 'fine' }
      },
    })
    expect(run.error).toBeUndefined()
    expect(made).toEqual(['ask me'])
    const replayed = await replayRun(recording, team, histories)
    expect(replayed).toMatchObject({ differences: [], steps: 4 })
    expect(made).toEqual(['ask me'])
  })

  it('comes to the same where it failed, by a stop or by what a function threw, and undid what it had done', async () => {
    const stopping = teamOf(compensate('all', sequence(step('one', ann), step('work', bob))))
    const filtered = { stopReason: 'contentFiltered' as const, text: '' }
    const first = await recorded(stopping, { model: model({ ann: [calls('a'), submit('x')], bob: [filtered] }) })
    expect(first.run).toMatchObject({ status: 'failed', error: { name: 'Stopped.refused' } })
    expect(made.at(-1)).toBe('undone')
    expect(await replayRun(first.recording, stopping, first.histories)).toMatchObject({ differences: [] })

    const team = teamOf(sequence(step('work', ann, { otherwise: { gap: failure.reason } as never }), step('b', bob)))
    const thrown = await recorded(team, { model: scriptedModel({ ann: [submit('x')] }) })
    expect(thrown.run).toMatchObject({ status: 'failed', error: { name: 'ScriptExhausted' } })
    expect(await replayRun(thrown.recording, team, thrown.histories)).toMatchObject({ differences: [] })
  })

  it('comes to the same where branches failed one after the other: the first one fails it again', async () => {
    const team = teamOf(parallel('both', { late: step('late', ann), early: step('early', bob) }))
    const refusal = async (words: string, latencyMs: number) => {
      await systemClock.sleep(latencyMs)
      throw new ModelRejectedRequest({ message: words, next: 'Wait.' })
    }
    const opened = await runToEnd(team, {
      model: model({ ann: () => refusal('late', 200), bob: () => refusal('early', 20) }),
    })
    expect(opened.run).toMatchObject({ status: 'failed', error: { message: 'early' } })
    await systemClock.sleep(400)
    const { recording, histories } = await recordingIn(opened, 'run-1')
    expect(recording.rows).toContainEqual(expect.objectContaining({ stepId: 'late', event: 'outcome' }))
    expect(await replayRun(recording, team, histories)).toMatchObject({ differences: [] })
  })

  it('comes to the same where it was resumed: only its last execution is run again', async () => {
    const team = teamOf(sequence(step('one', ann), step('work', bob)))
    let isDown = true
    const opened = await recorded(team, {
      model: model({
        bob: () => {
          if (isDown) throw new ModelRejectedRequest({ message: 'no', next: 'Wait.' })
          return submit('up')
        },
      }),
    })
    expect(opened.run.status).toBe('failed')
    isDown = false
    const { ended } = await opened.host.resume(opened.run.runId)
    expect(await ended).toMatchObject({ status: 'succeeded', execution: 2 })
    const { recording, histories } = await recordingIn(opened, opened.run.runId)
    expect(await replayRun(recording, team, histories)).toMatchObject({ differences: [], execution: 2, steps: 2 })
  })

  it('comes to the same for generated teams, whatever their models answered', async () => {
    const mood = { offSchema: 1, silence: 1, tools: 2, failure: 1 }
    await fc.assert(
      fc.asyncProperty(tree, fc.string(), async (generated, seed) => {
        const team = generatedTeam(generated)
        const { model } = adversary(seed, mood)
        const { recording, histories } = await recorded(team, { model, input: { task: seed }, clock: neverTwice() })
        expect(await replayRun(recording, team, histories)).toMatchObject({ differences: [] })
      }),
      { numRuns: 12, interruptAfterTimeLimit: 15_000 },
    )
  }, 60_000)
})

describe('a run that is not as it was', () => {
  const root = sequence(step('one', ann), step('two', bob, { input: 'x' }))

  it('is refused where its journal was changed, cut or emptied', async () => {
    const team = teamOf(root)
    const { recording } = await recorded(team, { model: model() })
    const refuse = (rows: Recording['rows']) => expect(replayRun({ ...recording, rows }, team)).rejects
    const { rows } = recording
    await refuse(rows.map((row) => (row.event === 'turn' ? { ...row, reason: 'other' } : row))).toThrow(
      /does not verify/,
    )
    await refuse(rows.filter(({ stepId }) => stepId !== 'two')).toThrow(/two, attempt 1 is missing/)
    await refuse(rows.filter(({ event, stepId }) => stepId !== 'two' || event !== 'outcome')).toThrow(/two, attempt 1/)
    const bodies = Object.fromEntries(Object.keys(recording.bodies).map((hash) => [hash, { said: 'forged' }]))
    await expect(replayRun({ ...recording, bodies }, team)).rejects.toThrow(/content [0-9a-f]{64} is not/)
  })

  it('tells what differs: the output, what a step was given, the state it went apart in', async () => {
    const team = teamOf(root)
    const { recording, histories } = await recorded(team, { model: model() })
    const run = { ...recording.run, output: { said: 'forged' } }
    const output = await replayRun({ ...recording, run }, team)
    expect(output.differences).toEqual([
      { what: 'output', expected: '{"said":"forged"}', came: expect.stringContaining('said') },
    ])

    const input = await replayRun({ ...recording, run: { ...recording.run, input: { other: true } } }, team, histories)
    expect(input.differences).toMatchObject([
      { what: 'input', where: 'one' },
      { what: 'state', where: 'run-1.1', came: expect.stringContaining('other') },
    ])
    const bodies = Object.fromEntries(Object.entries(recording.bodies).slice(1))
    expect((await replayRun({ ...recording, bodies }, team)).differences).toMatchObject([
      { what: 'status', expected: 'succeeded' },
      { what: 'step', came: expect.stringContaining('was erased') },
      {},
    ])
  })

  it('is refused for another machine; another agent is said, and does not matter', async () => {
    const { recording } = await recorded(teamOf(root), { model: model() })
    await expect(replayRun(recording, teamOf(sequence(step('one', ann), step('three', bob))))).rejects.toThrow(
      /another version of workflow main/,
    )
    const other = { ...bob, instructions: 'Other.', sha256: 'f'.repeat(64) }
    const agents = teamOf(root).agents.map((one) => (one.name === 'bob' ? other : one))
    const changed = await replayRun(recording, { ...teamOf(root), agents, sha256: 'e'.repeat(64) })
    expect(changed).toMatchObject({ differences: [], notes: [expect.stringContaining('(bob)')] })
    const running = { ...recording, run: { ...recording.run, status: 'interrupted' as const } }
    await expect(replayRun(running, teamOf(root))).rejects.toThrow(/has not ended/)
  })
})
