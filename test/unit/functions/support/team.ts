/** A team of one agent with two tools, and what its functions reach in memory. */

import * as z from 'zod'
import type { LambdaContext } from '../../../../functions/lambda.ts'
import type { Stores } from '../../../../functions/stores.ts'
import type { ServiceDependencies } from '../../../../src/api/bind-run-service.ts'
import type { ExecutionState, Executions } from '../../../../src/api/ports.ts'
import { openApprovals } from '../../../../src/approval/approvals.ts'
import { openBrakes } from '../../../../src/brake/open-brakes.ts'
import { defineAgent } from '../../../../src/define/agent.ts'
import { from, sequence, step } from '../../../../src/define/patterns.ts'
import { defineTeam, type Team } from '../../../../src/define/team.ts'
import { defineTool } from '../../../../src/define/tool.ts'
import { defineWorkflow } from '../../../../src/define/workflow.ts'
import { artifactsOver } from '../../../../src/records/artifacts.ts'
import { openJournal } from '../../../../src/records/journal.ts'
import { openRuns } from '../../../../src/records/runs.ts'
import { openRecordsSeals } from '../../../../src/records/seals.ts'
import { openSqliteRecords } from '../../../../src/records/sqlite.ts'
import { RunId, Sha256, WorkflowName } from '../../../../src/schema/ids.ts'
import type { Lockfile, Run } from '../../../../src/schema/run.ts'
import { type FakeClock, fakeClock } from '../../../../src/testing/fake-clock.ts'
import { openReleases } from '../../../../src/versions/releases.ts'

export const double = defineTool({
  name: 'double',
  description: 'Doubles a number.',
  input: z.object({ n: z.number() }),
  output: z.number(),
  settings: z.looseObject({ most: z.number().default(100) }),
  isolated: true,
  async run({ n }, { settings, reads }) {
    if (n > settings.most) throw Object.assign(new Error(`more than ${settings.most}`), { name: 'TooMuch' })
    reads({ uri: 'file:///numbers', sha256: 'abc' })
    return n * 2
  },
})

const solver = defineAgent({
  name: 'solver',
  version: '1.0.0',
  role: 'Solver',
  goal: 'Solve.',
  instructions: 'Use the tools.',
  model: { id: 'model-a' },
  tools: [double],
  input: z.object({ question: z.string() }),
  output: z.object({ answer: z.string() }),
})

export const team: Team = defineTeam({
  name: 'solvers',
  agents: [solver],
  workflows: [
    defineWorkflow({
      name: 'solve',
      version: '2.0.0',
      input: solver.input as z.ZodType<{ question: string }>,
      output: z.object({ answer: z.string() }),
      steps: ({ run }) => {
        const first = step('first', solver, { input: run.input })
        return sequence(first, step('second', solver, { input: { question: from(first).answer } }))
      },
    }),
  ],
})

export const PRICES = { version: 'test', prices: [] }
export const MACHINE = 'arn:aws:states:us-east-1:123456789012:stateMachine:solve-abc'
export const LOCK: Lockfile = {
  agents: {
    solver: {
      functionName: 'arn:aws:lambda:us-east-1:123456789012:function:solver:7',
      version: '1.0.0',
      sha256: solver.sha256 as Sha256,
    },
  },
  workflows: {
    solve: { stateMachineArn: `${MACHINE}:3`, version: '2.0.0', sha256: Sha256.parse('ab'.repeat(32)) },
  },
}

export function runOf(changes: Partial<Run> = {}): Run {
  return {
    runId: RunId.parse('run-1'),
    team: team.name,
    teamSha256: team.sha256 as Sha256,
    workflow: WorkflowName.parse('solve'),
    workflowVersion: '2.0.0',
    input: { question: 'What is 2 × 3?' },
    settings: {},
    model: 'scripted',
    status: 'running',
    execution: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    cancelRequested: false,
    lock: LOCK,
    ...changes,
  }
}

export function memoryStores(clock = fakeClock('2026-01-01T00:00:00.000Z', { auto: true })): Stores & {
  clock: FakeClock
} {
  const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  const content = new Map<string, Uint8Array>()
  const artifacts = artifactsOver({
    write: async (runId, sha256, bytes) => void content.set(`${runId}/${sha256}`, bytes),
    read: async (runId, sha256) => content.get(`${runId}/${sha256}`),
  })
  const journal = openJournal({ records, artifacts, clock })
  return { clock, records, artifacts, journal, runs: openRuns({ records, journal, artifacts }) }
}

/** Executions that only remember, and end as they are told to. */
export function memoryExecutions() {
  const started: Run[] = []
  const states = new Map<string, ExecutionState>()
  const executions: Executions = {
    async start(run) {
      if (!states.has(`${run.runId}.${run.execution}`)) started.push(run)
      states.set(`${run.runId}.${run.execution}`, { status: 'running' })
    },
    describe: async (run) => states.get(`${run.runId}.${run.execution}`),
    continue: async () => false,
    stop: async (run, why) => void states.set(`${run.runId}.${run.execution}`, { status: 'aborted', ...why }),
  }
  return { executions, started, states }
}

export function controlDependencies() {
  const stores = memoryStores()
  const { clock } = stores
  const memory = memoryExecutions()
  let drawn = 0
  const dependencies: ServiceDependencies = {
    ...stores,
    brakes: openBrakes({ records: stores.records, clock }),
    approvals: openApprovals({ records: stores.records, clock }),
    tokens: { succeed: async () => false },
    seals: openRecordsSeals(stores.records),
    sealKeys: async () => [],
    team,
    model: 'scripted',
    executions: memory.executions,
    drawLockfile: async () => ({ lock: LOCK }),
    releases: openReleases(stores.records),
    newRunId: () => `run-${++drawn}`,
    now: () => clock.now(),
    isHeld: async () => true,
    retainsVersions: true,
  }
  return { dependencies, ...memory, ...stores }
}

/** @param remainingMs What is left of the function's time. */
export function lambdaContext(remainingMs = 300_000): LambdaContext {
  return {
    awsRequestId: 'request-1',
    functionName: 'function',
    functionVersion: '7',
    invokedFunctionArn: 'arn:aws:lambda:us-east-1:123456789012:function:function:7',
    memoryLimitInMB: '512',
    getRemainingTimeInMillis: () => remainingMs,
  } as LambdaContext
}
