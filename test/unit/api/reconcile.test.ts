/** A host whose executions live on without it, as on AWS: the head may say less than the execution. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { bindRunService } from '../../../src/api/bind-run-service.ts'
import { type ExecutionState, executionName } from '../../../src/api/ports.ts'
import { openApprovals } from '../../../src/approval/approvals.ts'
import { openBrakes } from '../../../src/brake/open-brakes.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import { RecordsUnavailable } from '../../../src/errors.ts'
import { openRecordsSeals } from '../../../src/records/seals.ts'
import { type RunId, Sha256, type WorkflowName } from '../../../src/schema/ids.ts'
import type { Lockfile } from '../../../src/schema/run.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { openReleases } from '../../../src/versions/releases.ts'
import team from '../../cli/teams/work.team.ts'

const RUN = 'run-1' as RunId
const START = { workflow: 'short' as WorkflowName, input: { question: 'q' }, settings: {} }
const lock = (digit: string): Lockfile => ({
  agents: { planner: { functionName: `arn:${digit}`, version: '1.0.0', sha256: Sha256.parse(digit.repeat(64)) } },
  workflows: {},
})

function cloud() {
  const folder = mkdtempSync(join(tmpdir(), 'baton-cloud-'))
  const clock = fakeClock()
  const stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock })
  onTestFinished(() => {
    stores.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const executions = new Map<string, ExecutionState>()
  const started: string[] = []
  const stoppedLater: string[] = []
  let release = lock('a')
  let loses = false
  let meanwhile: (() => Promise<unknown>) | undefined
  const nameOf = (run: { runId: string; execution: number }) => executionName(run.runId, run.execution)
  const service = bindRunService({
    ...stores,
    brakes: openBrakes({ records: stores.records, clock }),
    approvals: openApprovals({ records: stores.records, clock }),
    tokens: { succeed: async () => false },
    seals: openRecordsSeals(stores.records),
    sealKeys: async () => [],
    team,
    model: 'bedrock',
    clock,
    newRunId: () => RUN,
    drawLockfile: async () => ({ lock: release }),
    releases: openReleases(stores.records),
    retainsVersions: true,
    isHeld: async () => true,
    now: () => clock.now(),
    executions: {
      async start(run) {
        if (loses) throw new Error('the process died')
        if (executions.has(nameOf(run))) return
        executions.set(nameOf(run), { status: 'running' })
        started.push(`${nameOf(run)} ${run.lock.agents['planner']?.functionName}`)
      },
      async describe(run) {
        const state = executions.get(nameOf(run))
        const happens = meanwhile
        meanwhile = undefined
        await happens?.()
        return state
      },
      continue: async () => false,
      stop: async () => undefined,
    },
    stopLater: async (run) => void stoppedLater.push(nameOf(run)),
  })
  return {
    service,
    stores,
    clock,
    executions,
    started,
    stoppedLater,
    lose: (value: boolean) => {
      loses = value
    },
    whileDescribing: (happens: () => Promise<unknown>) => {
      meanwhile = happens
    },
    deploy: (next: Lockfile) => {
      release = next
    },
  }
}

describe('a start', () => {
  it('that is repeated begins the execution that the first one did not come to', async () => {
    const { service, lose, started, deploy } = cloud()
    const request = { ...START, idempotencyKey: 'k', caller: 'ann' }
    lose(true)
    await expect(service.start(request)).rejects.toThrow('died')
    lose(false)
    deploy(lock('b'))
    const { run, isNew } = await service.start(request)
    expect([isNew, run.caller]).toEqual([false, 'ann'])
    expect(started).toEqual([`${run.runId}.1 arn:a`])
    await service.start(request)
    expect(started).toHaveLength(1)
  })
})

describe('a start of a team with so many versions that no input fits beside them', () => {
  it('is refused before anything is stored', async () => {
    const { service, deploy, started } = cloud()
    const { agents, workflows } = lock('a')
    const many = Array.from({ length: 2_200 }, (_, n) => [`agent${n}`, { ...agents['planner'] }])
    deploy({ agents: Object.fromEntries(many), workflows })
    await expect(service.start(START)).rejects.toMatchObject({ name: 'InvalidRequest' })
    expect([(await service.list({ limit: 1 })).runs, started]).toEqual([[], []])
  })
})

describe('resuming', () => {
  it('a run that goes on is refused', async () => {
    const { service } = cloud()
    await service.start(START)
    await expect(service.resume(RUN)).rejects.toThrow('Run run-1 is going on')
  })

  it('a run whose execution failed unnoticed goes on with the versions it began with', async () => {
    const { service, executions, deploy, started } = cloud()
    await service.start(START)
    executions.set('run-1.1', { status: 'failed', error: 'Boom' })
    deploy(lock('b'))
    expect(await service.resume(RUN)).toMatchObject({ status: 'running', execution: 2 })
    expect(started).toEqual(['run-1.1 arn:a', 'run-1.2 arn:a'])
  })

  it('a run whose execution succeeded unnoticed ends it', async () => {
    const { service, executions } = cloud()
    await service.start(START)
    executions.set('run-1.1', { status: 'succeeded', output: 'done' })
    expect(await service.resume(RUN)).toMatchObject({ status: 'succeeded', output: 'done' })
    expect(await service.output(RUN)).toBe('done')
  })

  it('a run whose execution never began begins it', async () => {
    const { service, executions, started } = cloud()
    await service.start(START)
    executions.clear()
    expect(await service.resume(RUN)).toMatchObject({ execution: 1 })
    expect(started).toHaveLength(2)
  })
})

describe('reading', () => {
  const QUIET_MS = 5 * 60_000

  it('ends a run whose execution ended unnoticed, once nothing has happened for a while', async () => {
    const { service, executions, clock } = cloud()
    await service.start(START)
    executions.set('run-1.1', { status: 'timedOut' })
    await clock.advance(QUIET_MS - 1)
    expect((await service.read(RUN)).run.status).toBe('running')
    await clock.advance(1)
    expect((await service.read(RUN)).run).toMatchObject({ status: 'timedOut', error: { name: 'States.Timeout' } })
    expect((await service.events(RUN)).events.at(-1)).toMatchObject({ type: 'run.ended', status: 'timedOut' })
  })

  it('leaves alone what goes on quietly, what never began, and what cannot be asked about', async () => {
    const { service, executions, clock, whileDescribing } = cloud()
    await service.start(START)
    await clock.advance(QUIET_MS)
    expect((await service.read(RUN)).run.status).toBe('running')
    executions.clear()
    expect((await service.read(RUN)).run.status).toBe('running')
    whileDescribing(async () => {
      throw new RecordsUnavailable({ message: 'busy', next: 'Wait.' })
    })
    expect((await service.read(RUN)).run.status).toBe('running')
  })
})

describe('cancelling', () => {
  it('ends no execution but the one it looked at', async () => {
    const { service, executions, whileDescribing } = cloud()
    await service.start(START)
    executions.set('run-1.1', { status: 'failed', error: 'Boom' })
    whileDescribing(() => service.resume(RUN))
    expect(await service.cancel(RUN)).toMatchObject({ status: 'running', execution: 2 })
  })

  it('asks the steps first, and has the execution stopped after a while', async () => {
    const { service, stoppedLater } = cloud()
    await service.start(START)
    expect(await service.cancel(RUN)).toMatchObject({ status: 'running', cancelRequested: true })
    expect(stoppedLater).toEqual(['run-1.1'])
  })

  it('ends a run whose execution ended unnoticed, as it ended', async () => {
    const { service, executions, stoppedLater } = cloud()
    await service.start(START)
    executions.set('run-1.1', { status: 'succeeded', output: 'done' })
    expect(await service.cancel(RUN)).toMatchObject({ status: 'succeeded' })
    expect(stoppedLater).toEqual([])
  })

  it('ends a run whose execution never began, once that is no start on its way', async () => {
    const { service, executions, clock } = cloud()
    await service.start(START)
    executions.clear()
    expect(await service.cancel(RUN)).toMatchObject({ status: 'running' })
    await clock.advance(60_001)
    expect(await service.cancel(RUN)).toMatchObject({ status: 'cancelled' })
  })
})
