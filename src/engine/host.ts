/**
 * The embedded host: a team's agents, the engine that runs its state machines, and the records, in this process. Chooses
 * no model and opens no store: whoever composes it does.
 */
import type { Price } from '../agent/ports.ts'
import { openSafeguards } from '../agent/safeguards.ts'
import { bindRunService } from '../api/bind-run-service.ts'
import { CANCELLED } from '../api/cancel-run.ts'
import { deliver } from '../api/deliver-decision.ts'
import { endRun } from '../api/end-run.ts'
import { endedEvent, startedEvent } from '../api/follow-run.ts'
import { type ForkRun, forkRun } from '../api/fork-run.ts'
import { type DrawLockfile, type ExecutionState, executionName } from '../api/ports.ts'
import { readHead } from '../api/read-run.ts'
import { resumeRun } from '../api/resume-run.ts'
import { eventOf } from '../api/run-events.ts'
import type { RunService } from '../api/run-service.ts'
import { acceptRequest, keyedRunId, type StartedRun, startRun } from '../api/start-run.ts'
import { openApprovals } from '../approval/approvals.ts'
import { openBrakes } from '../brake/open-brakes.ts'
import { openStepPlaces } from '../brake/step-places.ts'
import type { Clock } from '../clock.ts'
import type { Team } from '../define/team.ts'
import { Conflict } from '../errors.ts'
import type { Embedder } from '../memory/embedder.ts'
import type { Model } from '../models/model.ts'
import { HERE } from '../permissions/laptop-resources.ts'
import { openRecordsSeals } from '../records/seals.ts'
import type { RunId } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import type { Run, StartRun } from '../schema/run.ts'
import type { RunEvent } from '../schema/run-event.ts'
import { openReleases, type Releases } from '../versions/releases.ts'
import { createEngine } from './engine.ts'
import { followAsked } from './host-asked.ts'
import { watchForCancellations } from './host-cancellations.ts'
import { hostedExecutions } from './host-executions.ts'
import { openForks } from './host-forks.ts'
import { hostFunctions, hostTokens } from './host-functions.ts'
import { gatedPorts } from './host-gated-ports.ts'
import { type Hold, holdRun, isHeld } from './host-hold.ts'
import { keyedStarts } from './host-keyed-starts.ts'
import { controlName, lockfileOf, machineFor } from './host-lockfile.ts'
import { isDead, type Owner } from './host-owner.ts'
import { sealIfPossible } from './host-seal.ts'
import type { Stores } from './host-stores.ts'
import { readSealKeys } from './seal-key.ts'

export interface HostOptions {
  readonly stores: Stores
  readonly team: Team
  readonly teamFile?: string
  readonly model: Model
  readonly priceOf: (provider: string, modelId: string) => Price | undefined
  readonly clock: Clock
  readonly random: () => number
  readonly newRunId: () => string
  /** Who this process is, so that another can tell whether it lives. */
  readonly owner: Owner
  /** How long a run stays this process's without a sign of life. @default 15 s */
  readonly leaseMs?: number
  /** For searching the team's memory by meaning. @default none: it is searched by words */
  readonly embedder?: Embedder
  /** The value of a secret by its name: see `openSecrets`. Absent: there are none. */
  readonly readSecret?: (name: string) => Promise<string>
  /** @default the team as it is loaded, of no release */
  readonly drawLockfile?: DrawLockfile
  /** @default those in its stores */
  readonly releases?: Releases
}

/** A run that goes on in this process. */
export interface HostedRun {
  readonly run: Run
  /** False: the idempotency key is known, and this is the run that it belongs to. */
  readonly isNew: boolean
  /**
   * Resolves with the run's head once it ended and that is recorded. Rejects with Conflict where another process has
   * taken the run over, and where the host was released before: then it may be resumed.
   */
  readonly ended: Promise<Run>
}

export interface EmbeddedHost {
  /** @param runId Where it is chosen already. @throws NotFound, InvalidRequest, Conflict: see `startRun`. */
  start(request: StartRun, runId?: RunId): Promise<HostedRun>
  /** A new run that goes on from a step of another. @throws NotFound, InvalidRequest, Conflict: see `forkRun`. */
  fork(fork: ForkRun): Promise<HostedRun>
  /** @param by Who asks. @throws NotFound, Conflict: see `resumeRun`. */
  resume(runId: RunId, by?: string): Promise<HostedRun>
  /** The same host as the API sees it: also of runs that are in other processes, or in none. */
  readonly service: RunService
  subscribe(listener: (event: RunEvent) => void): () => void
  /** Leaves every run where it is, so that another process can go on with it at once. */
  release(): Promise<void>
}

/** Between looks at the cancel flags of the runs in this process, and at what others have sent to its tokens, ms. */
const CANCEL_POLL_MS = 500
/** After a cancellation, how long what is in flight may take to end and be recorded, ms. */
const CANCEL_GRACE_MS = 10_000
/** How often a run that we hold is read again because a process that no longer holds it was still writing. */
const TAKEOVER_ROUNDS = 3

interface Held {
  readonly hold: Hold
  /** Once it has begun. */
  run?: Run
  readonly cancellation: AbortController
  cancelledAt?: number
  /** Effects that are being undone, and when the last one was: as long as that goes on, the run is not stopped. */
  undoing: number
  undoneAt?: number
}

export function openHost(options: HostOptions): EmbeddedHost {
  const { stores, team, clock } = options
  const { runs, journal, artifacts, history, records } = stores
  const { gate, brakeBehind, ...ports } = gatedPorts(options)
  const owned = { clock, owner: options.owner, ownerIsDead: isDead, region: options.model.place ?? HERE }
  const safeguards = openSafeguards({
    ...{ ...owned, records: ports.records, random: options.random, budgetOf: ports.runs.budgetOf, team: team.name },
    ...(options.embedder && { embedder: options.embedder }),
  })
  const brakes = openBrakes({ records, clock })
  const listeners = new Set<(event: RunEvent) => void>()
  const held = new Map<RunId, Held>()
  const tell = (event: RunEvent | undefined) => {
    if (event) for (const listener of listeners) listener(event)
  }

  const steps = {
    ...options,
    ...ports,
    isCancelled: async (runId: RunId) => {
      const holding = held.get(runId)
      // Thrown, not recorded: whoever has the run now must not find that it was stopped.
      if (holding === undefined) throw takenOver(runId)
      return holding.cancelledAt !== undefined
    },
    cancellation: (runId: RunId) => held.get(runId)?.cancellation.signal,
    ...safeguards,
    brake: brakeBehind(brakes.read),
    // What a script has go wrong for one step must not keep the others waiting.
    guard: options.model.isLocal ? undefined : safeguards.guard,
    whereIs: openStepPlaces(team, ports.runs),
    onRow: (row: Parameters<typeof eventOf>[0]) => listeners.size > 0 && tell(eventOf(row)),
  }
  const engine = createEngine({
    ...options,
    history,
    machine: (arn) => machineFor(team, arn),
    invokeFunction: (...call) => functions(...call),
  })
  const people = { approvals: openApprovals({ records, clock }), tokens: hostTokens(engine) }
  const asked = followAsked(journal, steps.onRow)
  const onRow = (row: JournalRow) => {
    asked.note(row)
    steps.onRow(row)
  }
  const control = { ...people, team, clock, runs, journal, artifacts, records, onRow }
  const forks = openForks({ ...stores, agents: steps.agents })
  const functions = hostFunctions({
    ...{ forks, steps, control, controlName: controlName(team), gate, onUndo },
    claims: { records: ports.records, clock, owner: options.owner, ownerIsDead: isDead },
  })
  const executions = hostedExecutions(engine, team)
  const dependencies = {
    ...options,
    ...stores,
    ...people,
    brakes,
    seals: openRecordsSeals(records),
    sealKeys: async () => readSealKeys(stores.folder),
    seal,
    model: options.model.provider,
    executions,
    drawLockfile: options.drawLockfile ?? (async () => ({ lock: lockfileOf(team) })),
    releases: options.releases ?? openReleases(records),
    retainsVersions: false,
    isHeld: (runId: RunId) => isHeld(runId, { records, clock }),
    now: () => clock.now(),
  }

  /** What is gone with the process is nobody's evidence. */
  async function seal(runId: RunId): Promise<void> {
    if (stores.isKept) await sealIfPossible(runId, { stores, clock })
  }

  const watch = watchForCancellations(look, CANCEL_POLL_MS)

  async function work(runId: RunId, begin: () => Promise<StartedRun>): Promise<HostedRun> {
    const { owner, leaseMs } = options
    const hold = await holdRun(runId, { records, clock, owner, leaseMs }, () => lost(runId))
    const holding: Held = { hold, cancellation: new AbortController(), undoing: 0 }
    held.set(runId, holding)
    watch.start()
    try {
      const { run, isNew } = await begin()
      holding.run = run
      tell(startedEvent(run))
      const ended = outcome(run).then((state) => finish(run, state))
      // What ends without that being recorded is nobody's: held on to, it could be neither resumed nor cancelled.
      ended.catch(async () => held.get(runId) === holding && letGo(runId)).catch(() => undefined)
      return { run, isNew, ended }
    } catch (error) {
      await letGo(runId)
      throw error
    }
  }

  async function outcome(run: Run): Promise<ExecutionState> {
    for (let round = 1; ; round++) {
      try {
        return await executions.ended(run)
      } catch (error) {
        if (!(error instanceof Conflict) || !held.has(run.runId) || round === TAKEOVER_ROUNDS) throw error
        await executions.continue(run)
      }
    }
  }

  function lost(runId: RunId): void {
    const execution = held.get(runId)?.run?.execution ?? 1
    held.delete(runId)
    engine.abandon(executionName(runId, execution), takenOver(runId))
    if (held.size === 0) watch.stop()
  }

  async function finish({ runId, execution }: Run, state: ExecutionState): Promise<Run> {
    const run = await endRun(runId, state, dependencies, execution)
    await letGo(runId)
    tell(endedEvent(run, clock.now()))
    return run
  }

  async function letGo(runId: RunId): Promise<void> {
    const holding = held.get(runId)
    held.delete(runId)
    asked.forget(runId)
    forks.forget(runId)
    await holding?.hold.release()
    if (held.size === 0) watch.stop()
  }

  /** What it has done until then is sealed, as nobody knows when it goes on. */
  async function leave(runId: RunId): Promise<void> {
    try {
      if (held.get(runId)?.run !== undefined) await seal(runId)
    } finally {
      await letGo(runId)
    }
  }

  async function look(): Promise<void> {
    engine.readTokens()
    await asked.look()
    const now = clock.now().getTime()
    for (const [runId, holding] of held) {
      if (holding.cancelledAt === undefined) {
        if (!(await runs.isCancelRequested(runId))) continue
        holding.cancelledAt = now
        holding.cancellation.abort(new DOMException('the run was cancelled', 'AbortError'))
      }
      if (holding.run === undefined) continue
      // Nobody is asked any more. What begins to wait later is found at a later look.
      await engine.failWaiting(executionName(runId, holding.run.execution), CANCELLED)
      const isOver = now - Math.max(holding.cancelledAt, holding.undoneAt ?? 0) > CANCEL_GRACE_MS
      if (isOver && holding.undoing === 0) await executions.stop(holding.run, CANCELLED)
    }
  }

  function onUndo(runId: RunId): () => void {
    const holding = held.get(runId)
    if (holding !== undefined) holding.undoing += 1
    return () => {
      if (holding === undefined) return
      holding.undoing -= 1
      holding.undoneAt = clock.now().getTime()
    }
  }

  const startKeyed = keyedStarts({
    ...dependencies,
    begin: (runId, request) => work(runId, () => startRun(request, dependencies)),
  })

  async function start(request: StartRun, chosen?: RunId): Promise<HostedRun> {
    const keyed = keyedRunId(request)
    if (keyed !== undefined) return startKeyed(keyed, request)
    // Before anything is stored, the lease included.
    acceptRequest(request, team)
    const runId = chosen ?? (options.newRunId() as RunId)
    return work(runId, () => startRun(request, { ...dependencies, newRunId: () => runId }))
  }

  /** What the run waited for when it was cut off, and may still: nobody asks for it again. */
  async function tellWaiting(runId: RunId): Promise<void> {
    for (const { request, status, node } of await people.approvals.ofRun(runId)) {
      if (status !== 'pending') continue
      const { stepId, kind, summary: reason, approvalId: approval, requestedAt: at } = request
      if (node !== undefined) await asked.from(runId, stepId)
      tell({ type: 'decision', at, stepId, rule: `approval.${kind}`, reason, approval })
    }
  }

  async function resume(runId: RunId, by?: string): Promise<HostedRun> {
    const { status } = await readHead(runId, dependencies)
    if (held.has(runId)) {
      const next = `Watch it: baton events ${runId} --follow. Stop it: baton cancel ${runId}`
      throw new Conflict({ message: `Run ${runId} is going on: ${status}`, next })
    }
    return work(runId, async () => {
      // What was decided and not told, as whoever decided it was cut off.
      for (const approval of await people.approvals.ofRun(runId)) await deliver(approval, control)
      const run = await resumeRun(runId, { ...dependencies, isHeld: async () => false }, by)
      await tellWaiting(runId)
      return { run, isNew: false }
    })
  }

  async function fork(request: ForkRun): Promise<HostedRun> {
    const runId = options.newRunId() as RunId
    return work(runId, () => forkRun(request, { ...dependencies, newRunId: () => runId, onRow: steps.onRow }))
  }

  return {
    start,
    fork,
    resume,
    service: {
      ...bindRunService(dependencies),
      start: async (request) => startedOf(await start(request)),
      resume: async (runId, by) => (await resume(runId, by)).run,
    },
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async release() {
      await engine.interrupt()
      await Promise.all([...held.keys()].map(leave))
    },
  }
}

const startedOf = ({ run, isNew }: HostedRun): StartedRun => ({ run, isNew })

function takenOver(runId: RunId): Conflict {
  return new Conflict({
    message: `Run ${runId} has been taken over by another process, as this one gave no sign of life`,
    next: `Watch it: baton events ${runId} --follow`,
  })
}
