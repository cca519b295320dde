/**
 * Starts with an idempotency key, of which several may be on their way at once: in this process they wait for each other, and
 * in another they find its run. What a start is, the caller says.
 */
import type { Executions } from '../api/ports.ts'
import { type ReadDependencies, readHead } from '../api/read-run.ts'
import { acceptRequest, knownRun } from '../api/start-run.ts'
import type { Clock } from '../clock.ts'
import type { Team } from '../define/team.ts'
import { Conflict } from '../errors.ts'
import type { RunId } from '../schema/ids.ts'
import type { StartRun } from '../schema/run.ts'
import type { HostedRun } from './host.ts'

interface KeyedStartsOptions extends Pick<ReadDependencies, 'runs' | 'isHeld'> {
  readonly team: Team
  readonly executions: Executions
  readonly clock: Pick<Clock, 'sleep'>
  /** Holds the run and starts it. @throws Conflict where another process has it. */
  readonly begin: (runId: RunId, request: StartRun) => Promise<HostedRun>
}

/** Looks for the run of another process that is just starting it: far longer than it takes to write a head. */
const LOOKS = 40
const LOOK_MS = 50

/** @returns a start of the run with that id. */
export function keyedStarts(options: KeyedStartsOptions): (runId: RunId, request: StartRun) => Promise<HostedRun> {
  const { team, runs, executions } = options
  const starting = new Map<RunId, Promise<HostedRun>>()

  async function start(runId: RunId, request: StartRun): Promise<HostedRun> {
    const { found, toBegin } = await look(request)
    if (found !== undefined) return found
    // Before anything is stored, the lease included.
    if (!toBegin) acceptRequest(request, team)
    try {
      return await options.begin(runId, request)
    } catch (error) {
      if (!(error instanceof Conflict)) throw error
      return startedElsewhere(request, error)
    }
  }

  /** Another process has the run and may not have written its head yet. @throws the conflict where none appears. */
  async function startedElsewhere(request: StartRun, conflict: Conflict): Promise<HostedRun> {
    for (let looks = 0; looks < LOOKS; looks += 1) {
      const { found } = await look(request)
      if (found !== undefined) return found
      await options.clock.sleep(LOOK_MS)
    }
    throw conflict
  }

  /** `toBegin`: cut off between its head and its execution. */
  async function look(request: StartRun): Promise<{ readonly found?: HostedRun; readonly toBegin: boolean }> {
    const known = await knownRun(request, runs)
    if (known === undefined) return { toBegin: false }
    const run = await readHead(known.runId, options)
    if (run.status === 'interrupted' && (await executions.describe(run)) === undefined) return { toBegin: true }
    return { found: { run, isNew: false, ended: Promise.resolve(run) }, toBegin: false }
  }

  return async (runId, request) => {
    const before = starting.get(runId)
    const started = (async () => {
      await before?.catch(() => undefined)
      return start(runId, request)
    })()
    starting.set(runId, started)
    try {
      return await started
    } finally {
      if (starting.get(runId) === started) starting.delete(runId)
    }
  }
}
