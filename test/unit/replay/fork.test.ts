import { describe, expect, it, vi } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import type { Node } from '../../../src/define/patterns.ts'
import { forEach, from, parallel, sequence, step } from '../../../src/define/patterns.ts'
import { approve } from '../../../src/define/people.ts'
import { stateKey } from '../../../src/define/state.ts'
import { defineTeam, type Team } from '../../../src/define/team.ts'
import { defineTool } from '../../../src/define/tool.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { planFork } from '../../../src/replay/plan-fork.ts'
import { replayRun } from '../../../src/replay/replay-run.ts'
import type { RunId, StepId } from '../../../src/schema/ids.ts'
import type { ForkSet } from '../../../src/schema/run.ts'
import { type Script, type ScriptedModel, scriptedModel } from '../../../src/testing/scripted-model.ts'
import { common } from '../define/agents.ts'
import { answerAll, memoryStores, type Opened, open, recorded, recordingIn } from './recorded.ts'

const made: string[] = []
const act = defineTool({
  name: 'act',
  description: 'Acts.',
  effect: 'keyed',
  input: z.object({ line: z.string() }),
  output: z.object({ done: z.boolean() }),
  run: async ({ line }) => {
    made.push(line)
    return { done: true }
  },
})
const findings = stateKey(z.array(z.string()), { reducer: 'append' })
const Said = z.object({ said: z.string(), list: z.array(z.string()).default([]) })
const agent = (name: string) =>
  defineAgent({ ...common, name, role: 'Role', input: z.unknown(), output: Said, tools: [act] })
const [ann, bob, cyd] = [agent('ann'), agent('bob'), agent('cyd')]
const sharer = defineAgent({
  ...{ ...common, name: 'sharer', role: 'Role', input: z.unknown(), output: Said },
  state: { writes: { findings } },
})

function teamOf(root: Node<unknown>): Team {
  const main = defineWorkflow({
    ...{ name: 'main', version: '1.0.0', input: z.unknown(), output: z.unknown(), steps: () => root },
    state: { findings },
  })
  return defineTeam({ name: 'team', agents: [ann, bob, cyd, sharer], workflows: [main] })
}

const submit = (said: string, list: string[] = []) => ({ submit: { said, list } })
const acts = (line: string) => ({ toolUses: [{ name: 'act', input: { line } }] })
/** Says what it was given, and by which model. */
const echo: Script[string] = ({ messages, modelId, system }) =>
  submit(`${modelId} ${system.includes('Other.') ? 'other' : ''} ${JSON.stringify(messages[0]?.content[1])}`)

const plan = step('plan', ann)
const chain = sequence(plan, step('draft', bob, { input: { of: from(plan).said } }), step('edit', cyd))

async function forked(origin: Opened, team: Team, at: string, set: ForkSet, model: ScriptedModel) {
  const { recording } = await recordingIn(origin, 'run-1')
  const plan = await planFork(recording, team, at as StepId)
  const opened = open(team, { model, stores: origin.stores, runId: 'run-2' })
  const begin = () =>
    opened.host.fork({ runId: 'run-1' as RunId, stepId: at as StepId, set, kept: plan.kept, caller: 'local:ann' })
  return { ...opened, plan, begin }
}

describe('a fork', () => {
  it('takes over what finished before, runs the rest with what was set, and is linked to its origin', async () => {
    made.length = 0
    const team = teamOf(chain)
    const origin = await recorded(team, { model: scriptedModel({ ann: [acts('once'), submit('p')], '*': echo }) })
    const model = scriptedModel({ '*': echo })
    const set = {
      agents: { bob: { model: 'model-b', instructions: 'Other.', temperature: 0.5, limits: { turns: 2 } } },
    }
    const { host, stores, plan, begin } = await forked(origin, team, 'draft', set, model)
    expect(plan).toEqual({
      kept: [{ stepId: 'plan', agent: 'ann' }],
      anew: [
        { stepId: 'draft', kind: 'agent', effects: 0 },
        { stepId: 'edit', kind: 'agent', effects: 0 },
      ],
    })
    const run = await (await begin()).ended
    expect(run).toMatchObject({ status: 'succeeded', origin: { runId: 'run-1', stepId: 'draft', set } })
    expect(made).toEqual(['once'])
    expect(model.calls.map(({ agent, request }) => [agent, request.modelId, request.temperature])).toEqual([
      ['bob', 'model-b', 0.5],
      ['cyd', 'model-a', undefined],
    ])
    expect(JSON.stringify(run.output)).toContain('model-b other')

    const { steps } = await host.service.read(run.runId)
    expect(steps.map(({ stepId, usage }) => [stepId, usage.costUsd])).toEqual([
      ['plan', 0],
      ['draft', 0.25],
      ['edit', 0.25],
    ])
    const kept = await stores.journal.readStep(run.runId, 'plan' as StepId)
    const before = await stores.journal.readStep('run-1' as RunId, 'plan' as StepId)
    expect(kept.records.map(({ row }) => row)).toMatchObject([
      { event: 'start', cause: before.records.at(-1)?.row.hash, actor: { agent: 'ann' } },
      { event: 'outcome', rule: 'fork.kept', total: { turns: 0, costUsd: 0 } },
    ])
    const drafted = await stores.journal.readStep(run.runId, 'draft' as StepId)
    expect(drafted.records[0]?.row.actor?.sha256).not.toBe(bob.sha256)
    const own = await stores.journal.readStep(run.runId, ':run' as StepId)
    expect(own.records.map(({ row }) => row.rule)).toContain('run.fork')
    expect(own.records[0]?.row.actor?.onBehalfOf).toBe('local:ann')
  })

  it('merges an input into that of its step alone, and can be run again from its record', async () => {
    const team = teamOf(chain)
    const origin = await recorded(team, { model: scriptedModel({ ann: () => submit('p'), '*': echo }) })
    const { begin, ...opened } = await forked(
      origin,
      team,
      'draft',
      { input: { more: 1 } },
      scriptedModel({ '*': echo }),
    )
    const run = await (await begin()).ended
    expect((run.output as { said: string }).said.replaceAll('\\', '')).toContain('{"of":"p","more":1}')
    const { recording, histories } = await recordingIn(opened, run.runId)
    expect(await replayRun(recording, team, histories)).toMatchObject({ differences: [], steps: 3 })
  })

  it('keeps what does not follow from its step, also beside it; artifacts are found under the new run', async () => {
    const each = forEach('each', from(plan).list, (item) => step('work', bob, { input: item }), { max: 4 })
    const root = sequence(plan, parallel('both', { a: each, b: step('b', cyd) }), step('last', cyd))
    const team = teamOf(root)
    const large = 'x'.repeat(60_000)
    const script: Script = { ann: () => submit(large, ['x', 'y', 'z']), '*': () => submit(large) }
    const origin = await recorded(team, { model: scriptedModel(script) })
    expect(origin.run.error).toBeUndefined()
    const model = scriptedModel({ '*': () => submit('short') })
    const { plan: planned, begin } = await forked(origin, team, 'each:1/work', {}, model)
    expect(planned.kept.map(({ stepId }) => stepId).sort()).toEqual(['b', 'each:0/work', 'each:2/work', 'plan'])
    expect((await (await begin()).ended).status).toBe('succeeded')
    expect(model.calls.map(({ stepId }) => stepId)).toEqual(['each:1/work', 'last'])
  })

  it('goes on with the change and without its kept steps, where it was cut off and is resumed', async () => {
    const team = teamOf(chain)
    const origin = await recorded(team, { model: scriptedModel({ ann: () => submit('p'), '*': echo }) })
    const asked = Promise.withResolvers<void>()
    const hanging = scriptedModel({
      bob: async () => {
        asked.resolve()
        return new Promise(() => undefined)
      },
    })
    const { host, begin } = await forked(origin, team, 'draft', { agents: { bob: { model: 'model-b' } } }, hanging)
    const { ended } = await begin()
    ended.catch(() => undefined)
    await asked.promise
    await host.release()

    const model = scriptedModel({ '*': echo })
    const second = open(team, { model, stores: origin.stores })
    await vi.waitFor(async () => {
      expect((await second.host.service.read('run-2' as RunId)).run.status).toBe('interrupted')
    })
    const resumed = await second.host.resume('run-2' as RunId)
    expect(await resumed.ended).toMatchObject({ status: 'succeeded' })
    expect(model.calls.map(({ agent, request }) => [agent, request.modelId])).toEqual([
      ['bob', 'model-b'],
      ['cyd', 'model-a'],
    ])
  })

  it('asks people again, and acts again as another call where it runs anew', async () => {
    made.length = 0
    const team = teamOf(sequence(plan, step('work', bob), approve('publish', { input: 'it' }), step('last', cyd)))
    const script = { ann: () => submit('p'), bob: [acts('one'), submit('b')], cyd: () => submit('c') }
    const people = () => ({ decision: 'approve' as const, by: 'local:bob' })
    const origin = await recorded(team, { model: scriptedModel(script), people })
    const { plan: planned, host, begin } = await forked(origin, team, 'work', {}, scriptedModel(script))
    expect(planned.anew).toEqual([
      { stepId: 'work', kind: 'agent', effects: 1 },
      { stepId: 'publish', kind: 'people', effects: 0 },
      { stepId: 'last', kind: 'agent', effects: 0 },
    ])
    answerAll(host, people)
    expect(await (await begin()).ended).toMatchObject({ status: 'succeeded' })
    expect(made).toEqual(['one', 'one'])
  })
})

describe('a fork is refused', () => {
  it('at a step that the run never came to, of an agent or with a limit that is not there', async () => {
    const team = teamOf(chain)
    const origin = await recorded(team, { model: scriptedModel({ '*': echo }) })
    await expect(forked(origin, team, 'nowhere', {}, scriptedModel({ '*': echo }))).rejects.toThrow(
      /never came to a step nowhere/,
    )
    const fork = async (set: ForkSet) =>
      (await forked(origin, team, 'draft', set, scriptedModel({ '*': echo }))).begin()
    await expect(fork({ agents: { nobody: {} } })).rejects.toThrow(/no agent "nobody"/)
    await expect(fork({ agents: { bob: { limits: { turns: 0 } } } })).rejects.toThrow(/limits of agent bob/)
    await expect(fork({ agents: { bob: { limits: { tokens2: 5 } } } })).rejects.toThrow(/limits of agent bob/)
  })

  it('where a step before it would act again, or has passed on what lies outside the outputs', async () => {
    const people = () => ({ decision: 'approve' as const, by: 'local:bob' })
    const acting = teamOf(sequence(approve('may', { input: 'it' }), step('work', bob), step('last', cyd)))
    const script = { bob: [acts('one'), submit('b')], '*': () => submit('c') }
    const first = await recorded(acting, { model: scriptedModel(script), people })
    await expect(forked(first, acting, 'last', {}, scriptedModel(script))).rejects.toThrow(
      /Step work, before last, would have to run anew/,
    )
    const update = { key: 'findings', value: ['x'] }
    const sharing = teamOf(sequence(step('share', sharer), step('last', cyd)))
    const shared = { toolUses: [{ name: 'update_state', input: { update } }] }
    const second = await recorded(sharing, {
      stores: memoryStores(),
      model: scriptedModel({ sharer: [shared, submit('s')], '*': () => submit('c') }),
    })
    expect(second.run.error).toBeUndefined()
    await expect(forked(second, sharing, 'last', {}, scriptedModel(script))).rejects.toThrow(/shared state/)
  })

  it('while its origin goes on', async () => {
    const team = teamOf(chain)
    const origin = open(team, { model: scriptedModel({ '*': () => new Promise(() => undefined) }) })
    const { ended } = await origin.host.start({ workflow: 'main' as never, input: {}, settings: {} })
    ended.catch(() => undefined)
    const other = open(team, { model: scriptedModel({ '*': echo }), stores: origin.stores, runId: 'run-2' })
    const fork = { runId: 'run-1' as RunId, stepId: 'plan' as StepId, set: {}, kept: [] }
    await expect(other.host.fork(fork)).rejects.toThrow(/going on/)
  })
})
