import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { jsonSha256 } from '../../../src/audit/canonical.ts'
import { Conflict, NotFound } from '../../../src/errors.ts'
import { openFolderArtifacts } from '../../../src/records/artifacts-folder.ts'
import { openJournal } from '../../../src/records/journal.ts'
import { RUN_CHAIN, recordOnRun } from '../../../src/records/run-chain.ts'
import { headItem } from '../../../src/records/run-head.ts'
import { openRuns } from '../../../src/records/runs.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { AgentName, RunId, Sha256, StepId } from '../../../src/schema/ids.ts'
import { Run } from '../../../src/schema/run.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

const sha = Sha256.parse('a'.repeat(64))
const actor = { agent: AgentName.parse('researcher'), version: '1.0.0', sha256: sha, role: 'finds facts' }
const endedAt = '2026-01-01T01:00:00.000Z'

function prepare() {
  const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  const artifacts = openFolderArtifacts(mkdtempSync(join(tmpdir(), 'baton-runs-')))
  const journal = openJournal({ records, artifacts, clock: fakeClock() })
  return { records, artifacts, journal, runs: openRuns({ records, journal, artifacts }) }
}

function run(id: string, startedAt = '2026-01-01T00:00:00.000Z'): Run {
  return Run.parse({
    runId: id,
    team: 'newsroom',
    teamSha256: sha,
    workflow: 'research',
    workflowVersion: '1.0.0',
    input: { question: 'why' },
    settings: {},
    model: 'scripted',
    status: 'running',
    execution: 1,
    startedAt,
    cancelRequested: false,
    lock: { agents: {}, workflows: {} },
  })
}

describe('runs', () => {
  it('keeps a run and lists the newest first, by pages', async () => {
    const { runs } = prepare()
    for (let i = 0; i < 5; i++) await runs.create(run(`run-${i}`, `2026-01-0${i + 1}T00:00:00.000Z`))
    expect(await runs.read(RunId.parse('run-3'))).toEqual(run('run-3', '2026-01-04T00:00:00.000Z'))
    const first = await runs.list({ limit: 3 })
    const second = await runs.list({ limit: 3, ...(first.next === undefined ? {} : { after: first.next }) })
    const ids = [...first.runs, ...second.runs].map(({ runId }) => runId)
    expect(ids).toEqual(['run-4', 'run-3', 'run-2', 'run-1', 'run-0'])
    expect(second.next).toBeUndefined()
  })

  it('gives one run for one id and body, however many ask at once', async () => {
    const { runs } = prepare()
    const asked = Array.from({ length: 10 }, (_, i) => run('run-1', `2026-01-0${(i % 9) + 1}T00:00:00.000Z`))
    const created = await Promise.all(asked.map((head) => runs.create({ ...head, bodySha256: sha })))
    expect(new Set(created.map(({ run: { startedAt } }) => startedAt)).size).toBe(1)
    expect(created.filter(({ isNew }) => isNew).length).toBeGreaterThan(0)
    expect(created.filter(({ isNew }) => !isNew).length).toBeGreaterThan(0)
    expect((await runs.list()).runs).toHaveLength(1)
  })

  it('refuses a known id with another body, or of another run', async () => {
    const { runs } = prepare()
    const later = '2026-02-01T00:00:00.000Z'
    await runs.create({ ...run('run-1'), bodySha256: sha })
    const other = Sha256.parse('b'.repeat(64))
    await expect(runs.create({ ...run('run-1', later), bodySha256: other })).rejects.toThrow(/belongs to run run-1/)
    await expect(runs.create(run('run-1', later))).rejects.toBeInstanceOf(Conflict)
    expect((await runs.list()).runs).toHaveLength(1)
  })

  it('asks a running run to cancel, and no other', async () => {
    const { runs } = prepare()
    const { runId } = (await runs.create(run('run-1'))).run
    expect(await runs.isCancelRequested(runId)).toBe(false)
    expect((await runs.requestCancel(runId)).cancelRequested).toBe(true)
    expect(await runs.isCancelRequested(runId)).toBe(true)
    await runs.finish(runId, { status: 'cancelled', endedAt })
    await expect(runs.requestCancel(runId)).rejects.toBeInstanceOf(Conflict)
    await expect(runs.requestCancel(RunId.parse('run-9'))).rejects.toBeInstanceOf(NotFound)
  })

  it('ends once, whoever else ends it too, with a row that vouches for every chain', async () => {
    const { runs, journal } = prepare()
    const { runId } = (await runs.create(run('run-1'))).run
    const heads = []
    for (const stepId of ['plan', 'run'].map((id) => StepId.parse(id))) {
      const writer = await journal.claimAttempt({ runId, stepId, attempt: 1, actor })
      if (writer instanceof Conflict) throw writer
      await writer.append({ event: 'outcome', status: 'completed' }, 'done')
      heads.push({ stepId, attempt: 1, rows: 2, head: writer.head })
    }
    const usage = { turns: 1, toolCalls: 0, inputTokens: 1, outputTokens: 1, costUsd: 0 }

    const [first, second] = await Promise.all([
      runs.finish(runId, { status: 'succeeded', output: 'report', endedAt, usage }),
      runs.finish(runId, { status: 'failed', endedAt }),
    ])

    expect(second).toEqual(first)
    expect(await runs.read(runId)).toEqual(first)
    const { records } = await journal.readStep(runId, RUN_CHAIN)
    const ends = records.filter(({ row }) => row.event === 'end' && row.status !== undefined)
    expect(ends.map(({ row }) => row.status)).toEqual([first.status])
    expect(ends[0]?.row.chains).toEqual(heads)
  })

  it('begins its chain with what it was started with, or the first who writes there does', async () => {
    const { runs, journal, records } = prepare()
    const started = { ...run('run-1'), caller: 'arn:aws:iam::1:user/anna' }
    await runs.create(started)
    await runs.create(started)
    const [first, ...others] = (await journal.readStep(started.runId, RUN_CHAIN)).records
    const hashes = { input: jsonSha256(started.input), settings: jsonSha256(started.settings) }
    expect(first?.row).toMatchObject({ event: 'start', hashes, actor: { onBehalfOf: started.caller, role: 'run' } })
    expect(others).toEqual([])

    const cutOff = { ...run('run-2') }
    await records.write({ kind: 'put', item: headItem(cutOff), condition: { kind: 'absent' } })
    await recordOnRun(journal, cutOff, { event: 'decision', rule: 'run.cancel', reason: 'to stop' }, 'local:anna')
    await runs.finish(cutOff.runId, { status: 'cancelled', endedAt })
    const rows = (await journal.readStep(cutOff.runId, RUN_CHAIN)).records.map(({ row }) => row)
    expect(rows.map(({ event }) => event)).toEqual(['start', 'decision', 'start', 'end'])
    expect(rows[0]).toMatchObject({ hashes, actor: { onBehalfOf: 'local:anna' } })
    expect(rows[2]?.hashes).toBeUndefined()
  })

  it('ends with what its steps used: the last total of each, or its rows where it has none', async () => {
    const { runs, journal } = prepare()
    const { runId } = (await runs.create(run('run-1'))).run
    const used = { inputTokens: 7, outputTokens: 3, cacheReadTokens: 2, cacheWriteTokens: 1 }
    const total = { turns: 4, toolCalls: 2, inputTokens: 100, outputTokens: 50, costUsd: 0.25 }
    for (const [id, attempt] of [
      ['done', 1],
      ['done', 2],
      ['cut', 1],
    ] as const) {
      const writer = await journal.claimAttempt({ runId, stepId: StepId.parse(id), attempt, actor })
      if (writer instanceof Conflict) throw writer
      await writer.append({ event: 'turn', turn: attempt, usage: used, costUsd: 0.5 })
      await writer.append({ event: 'tool', turn: attempt, tool: { name: 'search', callId: sha } })
      if (id === 'done') await writer.append({ event: 'outcome', status: 'completed', total })
    }
    const ended = await runs.finish(runId, { status: 'succeeded', endedAt })
    expect(ended.usage).toEqual({ turns: 5, toolCalls: 3, inputTokens: 110, outputTokens: 53, costUsd: 0.75 })
    expect((await runs.read(runId))?.usage).toEqual(ended.usage)
  })

  it('lists 2,500 chains over several rows', async () => {
    const { runs, journal } = prepare()
    const { runId } = (await runs.create(run('run-1'))).run
    const ids = Array.from({ length: 2500 }, (_, i) => StepId.parse(`each:${i}/${'x'.repeat(100)}`))
    await Promise.all(ids.map((stepId) => journal.claimAttempt({ runId, stepId, attempt: 1, actor })))
    await runs.finish(runId, { status: 'succeeded', endedAt })
    const { records } = await journal.readStep(runId, RUN_CHAIN)
    expect(records.flatMap(({ row }) => row.chains ?? []).map(({ stepId }) => stepId)).toEqual(ids.toSorted())
    expect(records.at(-1)?.row.status).toBe('succeeded')
  })

  it('goes on as the next execution, for one resumer', async () => {
    const { runs } = prepare()
    const { runId } = (await runs.create(run('run-1'))).run
    await runs.finish(runId, { status: 'failed', endedAt, error: { name: 'X', message: 'm', next: 'n' } })
    const resumed = await Promise.allSettled([runs.setExecution(runId, 2), runs.setExecution(runId, 2)])
    expect(resumed.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(await runs.read(runId)).toEqual({ ...run('run-1'), execution: 2 })
    expect(await runs.finish(runId, { status: 'succeeded', output: 1, endedAt })).toMatchObject({ status: 'succeeded' })
  })

  it('keeps a large output among the artifacts', async () => {
    const { runs, artifacts } = prepare()
    const { runId } = (await runs.create(run('run-1'))).run
    const output = { report: 'x'.repeat(40_000) }
    const ended = await runs.finish(runId, { status: 'succeeded', output, endedAt })
    expect(await artifacts.get(runId, ended.output as { $ref: `sha256:${string}` })).toEqual(output)
  })

  it('stays as it is when an execution ends that it has left behind', async () => {
    const { runs } = prepare()
    const { runId } = await runs.create(run('run-1')).then((created) => created.run)
    await runs.setExecution(runId, 2)
    expect(await runs.finish(runId, { status: 'failed', endedAt, execution: 1 })).toMatchObject({ status: 'running' })
    expect(await runs.finish(runId, { status: 'failed', endedAt, execution: 2 })).toMatchObject({ status: 'failed' })
  })
})
