import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import type { Node } from '../../../src/define/patterns.ts'
import { compensate, forEach, from, sequence, step, workflow } from '../../../src/define/patterns.ts'
import { approve, hours, person } from '../../../src/define/people.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineTool } from '../../../src/define/tool.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { thisProcess } from '../../../src/engine/host-owner.ts'
import { common } from '../define/agents.ts'
import { deadProcess, hostOn, peopleOn, RUN } from './support/people-host.ts'

const folders: string[] = []
const opened: { close(): unknown }[] = []
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close()
})
afterAll(() => folders.map((folder) => rmSync(folder, { recursive: true, force: true })))

const done: string[] = []
/** The undoing that never ends, as its process dies. */
let hung: { readonly id: string; readonly reached: () => void } | undefined
const book = defineTool({
  name: 'book',
  description: 'Books.',
  effect: 'keyed',
  input: z.object({ what: z.string() }),
  output: z.object({ id: z.string() }),
  run: async ({ what }) => {
    done.push(`book ${what}`)
    return { id: `${what}-1` }
  },
  timeoutSeconds: 2,
  undo: async ({ output }) => {
    if (hung?.id === output.id) {
      hung.reached()
      return new Promise(() => undefined)
    }
    done.push(`undo ${output.id}`)
  },
})
const Said = z.object({ said: z.string() })
const agent = (name: string) =>
  defineAgent({ ...common, name, role: 'Role', input: z.unknown(), output: Said, tools: [book] })
const [writer, flights, hotels] = [agent('writer'), agent('flights'), agent('hotels')]
const reply = (said: string) => [{ submit: { said } }]
const books = (what: string) => [{ toolUses: [{ name: 'book', input: { what } }] }, { submit: { said: what } }]

function teamOf(root: Node<unknown>, child: Node<unknown> = step('unused', writer)) {
  const flow = (name: string, steps: Node<unknown>) =>
    defineWorkflow({ name, version: '1.0.0', input: z.unknown(), output: z.unknown(), steps: () => steps })
  const inner = flow('inner', child)
  const sub = workflow('sub', inner)
  const outer = flow('main', child.kind === 'step' ? root : sequence(root, sub))
  const roles = { editor: ['local:ann', 'local:bob'] }
  return defineTeam({ name: 'team', agents: [writer, flights, hotels], workflows: [outer, inner], roles })
}

function open(team: ReturnType<typeof teamOf>, script: Parameters<typeof hostOn>[2] = {}, owner = thisProcess()) {
  const folder = mkdtempSync(join(tmpdir(), 'baton-people-'))
  folders.push(folder)
  const host = hostOn(folder, team, script, owner)
  const people = peopleOn(folder, team)
  opened.push(host, people)
  return { folder, host, people }
}

const publish = approve('publish', { role: 'editor', input: 'the text' })

describe('a run that waits for people', () => {
  it('goes on with their approval, given by another process, and within a second', async () => {
    const team = teamOf(sequence(publish, step('after', writer)))
    const { host, people } = open(team, { writer: reply('on') })
    const { ended } = await host.start('main')
    const [asked] = await people.pending()
    await people.say(asked as never, { comment: 'fine' })
    const decidedAt = performance.now()
    expect(await ended).toMatchObject({ status: 'succeeded', output: { said: 'on' } })
    expect(performance.now() - decidedAt).toBeLessThan(1_000)
  })

  it('fails with who denied it, or where nobody decides in time', async () => {
    const { host, people } = open(teamOf(publish))
    const { ended } = await host.start('main')
    const [asked] = await people.pending()
    await people.say(asked as never, { decision: 'deny', comment: 'too long' })
    const run = await ended
    expect(run).toMatchObject({ status: 'failed', error: { name: 'Stopped.denied', stepId: 'publish' } })
    expect(run.error?.message).toBe('local:ann said no to approve publish: too long')

    const late = open(teamOf(approve('ok', { expires: 1 })))
    const expired = await late.host.start('main')
    expect(await expired.ended).toMatchObject({ error: { name: 'Stopped.denied' } })
    const defaulted = open(teamOf(approve('ok', { expires: 1, onExpiry: 'approve' })))
    expect(await (await defaulted.host.start('main')).ended).toMatchObject({ output: { approved: true, by: [] } })
  })

  it('takes the typed answer of a person as the output', async () => {
    const review = person('review', { role: 'editor', output: z.object({ stars: z.int().max(5) }), expires: hours(1) })
    const { host, people } = open(teamOf(sequence(review, step('after', writer, { input: from(review).stars }))), {
      writer: reply('thanks'),
    })
    const { ended } = await host.start('main')
    const [asked] = await people.pending()
    await expect(people.say(asked as never, { answer: { stars: 9 } })).rejects.toThrow(/fit/)
    await people.say(asked as never, { answer: { stars: 4 } })
    expect(await ended).toMatchObject({ status: 'succeeded' })
    expect(JSON.stringify(host.model.calls[0]?.request.messages)).toContain('4')
  })

  it('is asked deep inside, and resumes in place', async () => {
    const each = forEach('each', ['x', 'y'], (item) => approve('one', { input: item }))
    const { host, people } = open(teamOf(each, approve('deep')))
    const { ended } = await host.start('main')
    const both = await people.pending(2)
    expect(both.map(({ request }) => request.stepId).sort()).toEqual(['each:0/one', 'each:1/one'])
    for (const asked of both) await people.say(asked)
    const [deep] = await people.pending()
    expect(deep).toMatchObject({ request: { stepId: 'sub/deep', runId: RUN }, node: { workflow: 'inner' } })
    await people.say(deep as never)
    expect(await ended).toMatchObject({ status: 'succeeded', output: { approved: true, by: ['local:ann'] } })
  })

  it('waits on in another process, without asking again; what was decided meanwhile counts', async () => {
    const team = teamOf(sequence(step('before', writer), publish))
    const { folder, host, people } = open(team, { writer: reply('text') })
    const { run, ended } = await host.start('main')
    ended.catch(() => undefined)
    const [asked] = await people.pending()
    await host.release()
    await people.say(asked as never)
    const next = hostOn(folder, team, {})
    opened.push(next)
    const resumed = await next.resume(run.runId)
    expect(await resumed.ended).toMatchObject({ status: 'succeeded', execution: 1 })
    expect(await people.approvals.ofRun(RUN)).toHaveLength(1)
    expect(next.model.calls).toHaveLength(0)
  })

  it('ends soon when it is cancelled, without its default', async () => {
    const waiting = approve('ok', { otherwise: { kept: true } })
    const { host, people } = open(teamOf(sequence(waiting, step('after', writer))))
    const { run, ended } = await host.start('main')
    await people.pending()
    const began = performance.now()
    await host.service.cancel(run.runId)
    expect(await ended).toMatchObject({ status: 'cancelled' })
    expect(performance.now() - began).toBeLessThan(2_000)
  })
})

describe('compensate', () => {
  const trip = compensate(
    'trip',
    sequence(step('fly', flights), step('stay', hotels), approve('ok', { role: 'editor' })),
  )
  const script = { flights: books('flight'), hotels: books('room') }

  it('undoes what two agents did, the latest first, once', async () => {
    done.length = 0
    const { host, people } = open(teamOf(trip), script)
    const { ended } = await host.start('main')
    const [asked] = await people.pending()
    await people.say(asked as never, { decision: 'deny' })
    const run = await ended
    expect(run).toMatchObject({ status: 'failed', error: { name: 'Stopped.denied', stepId: 'ok' } })
    expect(run.error?.next).toContain('start a new run')
    expect(done).toEqual(['book flight', 'book room', 'undo room-1', 'undo flight-1'])
    await expect(host.resume(RUN)).rejects.toThrow('is not resumed: effects of fly were undone')
  })

  it('goes on undoing after its process is gone: nothing is undone twice', async () => {
    done.length = 0
    const { folder, host, people } = open(teamOf(trip), script, deadProcess())
    const { ended } = await host.start('main')
    ended.catch(() => undefined)
    const [asked] = await people.pending()
    const asking = Promise.withResolvers<void>()
    hung = { id: 'flight-1', reached: asking.resolve }
    await people.say(asked as never, { decision: 'deny' })
    await asking.promise
    await host.release()
    hung = undefined
    const next = hostOn(folder, teamOf(trip), {})
    opened.push(next)
    const resumed = await next.resume(RUN)
    expect(await resumed.ended).toMatchObject({ status: 'failed', error: { name: 'Stopped.denied' } })
    expect(done).toEqual(['book flight', 'book room', 'undo room-1', 'undo flight-1'])
  })

  it('undoes a cancelled run', async () => {
    done.length = 0
    const { host, people } = open(teamOf(trip), script)
    const { run, ended } = await host.start('main')
    await people.pending()
    await host.service.cancel(run.runId)
    expect(await ended).toMatchObject({ status: 'cancelled' })
    expect(done.slice(2)).toEqual(['undo room-1', 'undo flight-1'])
  })
})
