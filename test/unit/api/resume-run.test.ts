import { describe, expect, it } from 'vitest'
import { type ResumeDependencies, resumeRun } from '../../../src/api/resume-run.ts'
import type { RunId } from '../../../src/schema/ids.ts'
import type { Lockfile, Run } from '../../../src/schema/run.ts'

const RUN = 'run-1' as RunId
const sha256 = (digit: string) => digit.repeat(64) as Run['teamSha256']
const agent = (digit: string) => ({ functionName: 'f', version: '1.0.0', sha256: sha256(digit) })
const workflow = (digit: string) => ({ stateMachineArn: 'arn', version: '1.0.0', sha256: sha256(digit) })
const LOCK: Lockfile = {
  agents: { planner: agent('a'), writer: agent('b') },
  workflows: { main: workflow('c'), child: workflow('d') },
}

function resume(now: Partial<Lockfile>, team = 'team') {
  const run = { runId: RUN, team: 'team', workflow: 'main', status: 'failed', execution: 1, lock: LOCK } as Run
  const started: string[] = []
  const rows: unknown[] = []
  const dependencies = {
    team: { name: team, workflows: [] },
    drawLockfile: async () => ({ lock: { ...LOCK, ...now } }),
    retainsVersions: false,
    isHeld: async () => false,
    runs: { read: async () => run, setExecution: async () => ({ ...run, execution: 2 }) },
    journal: {
      readStep: async () => ({ nextAttempt: 2 }),
      claimAttempt: async () => ({ append: async (entry: unknown) => rows.push(entry) }),
    },
    executions: { start: async ({ runId, execution }: Run) => void started.push(`${runId}.${execution}`) },
  } as unknown as ResumeDependencies
  return resumeRun(RUN, dependencies).then(() => ({ started, rows }))
}

describe('resumeRun', () => {
  it('goes on with the team as it was, and with one that has more', async () => {
    const { started, rows } = await resume({})
    expect(started).toEqual(['run-1.2'])
    expect(rows).toMatchObject([{ rule: 'run.resume', reason: expect.stringContaining('as failed') }])
    expect(await resume({ agents: { ...LOCK.agents, critic: agent('e') } })).toMatchObject({ started: ['run-1.2'] })
  })

  const cases: readonly (readonly [what: string, now: Partial<Lockfile>, message: RegExp])[] = [
    ['agent has changed', { agents: { ...LOCK.agents, writer: agent('e') } }, /version of agent writer:/],
    ['agent is gone', { agents: { planner: agent('a') } }, /version of agent writer \(now gone\):/],
    ['workflow has changed', { workflows: { ...LOCK.workflows, child: workflow('e') } }, /version of workflow child:/],
    ['workflow is gone', { workflows: { main: workflow('c') } }, /version of workflow child \(now gone\):/],
  ]
  it.each(cases)('refuses a team of which an %s', async (_what, now, message) => {
    await expect(resume(now)).rejects.toThrow(message)
  })

  it('refuses another team', async () => {
    await expect(resume({}, 'other')).rejects.toThrow(/team team \(this one is other\)/)
  })
})
