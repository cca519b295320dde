/**
 * A host of a team's releases: each start draws one, and each run goes on with its own, however the pointer has moved or the
 * sources have changed since. Several releases live in this process at the same time, each with a host of its own.
 */
import type { DrawLockfile, DrawnLockfile } from '../../api/ports.ts'
import type { RunService } from '../../api/run-service.ts'
import { keyedRunId, knownRun } from '../../api/start-run.ts'
import type { EmbeddedHost, HostedRun } from '../../engine/host.ts'
import { lockfileOf } from '../../engine/host-lockfile.ts'
import type { Stores } from '../../engine/host-stores.ts'
import { NotFound } from '../../errors.ts'
import { RunId } from '../../schema/ids.ts'
import type { Run, StartRun } from '../../schema/run.ts'
import type { RunEvent } from '../../schema/run-event.ts'
import type { Release } from '../../schema/versions.ts'
import type { Releases } from '../../versions/releases.ts'
import type { LoadedTeam } from '../load-team.ts'

export interface ReleasedHostOptions {
  /** Its name. */
  readonly team: string
  readonly stores: Pick<Stores, 'runs'>
  readonly releases: Pick<Releases, 'current' | 'read' | 'draw'>
  readonly newRunId: () => string
  /** What a release runs. @throws NotFound, RecordsCorrupt where its bundle is gone or not what was released. */
  readonly load: (release: Release) => Promise<LoadedTeam>
  /** The team that a run without a release was started with. */
  readonly loadOf: (run: Run) => Promise<LoadedTeam>
  readonly open: (loaded: LoadedTeam, drawLockfile?: DrawLockfile) => EmbeddedHost
}

export interface ReleasedHost extends EmbeddedHost {
  /** The team of the release that starts take now; of a canary's two, the stable one. */
  current(): Promise<LoadedTeam>
}

interface Opened {
  readonly loaded: LoadedTeam
  readonly host: EmbeddedHost
}

export function releasedHost(options: ReleasedHostOptions): ReleasedHost {
  const { team, stores, releases } = options
  const hosts = new Map<string, Promise<Opened>>()
  /** Of starts on their way. */
  const drawn = new Map<string, Required<Pick<DrawnLockfile, 'release'>>>()
  const listeners = new Set<(event: RunEvent) => void>()

  /** Asked for again where it could not be opened: a bundle may have been brought back. */
  function opened(key: string, open: () => Promise<Opened>): Promise<Opened> {
    const known = hosts.get(key)
    if (known !== undefined) return known
    const opening = open()
    hosts.set(key, opening)
    opening.catch(() => hosts.get(key) === opening && hosts.delete(key))
    return opening
  }

  function open(loaded: LoadedTeam, release?: Release): Opened {
    const host = options.open(
      loaded,
      release && (async (runId) => ({ lock: lockfileOf(loaded.team, release.contents), ...drawn.get(runId) })),
    )
    host.subscribe((event) => {
      for (const listener of listeners) listener(event)
    })
    return { loaded, host }
  }

  function ofRelease(release: Release): Promise<Opened> {
    return opened(`release ${release.sequence}`, async () => open(await options.load(release), release))
  }

  async function ofCurrent(): Promise<Opened> {
    return ofRelease((await releases.current(team)) ?? fail(noRelease(team)))
  }

  async function ofRun(run: Run): Promise<Opened> {
    if (run.release === undefined) {
      return opened(`file ${run.teamFile}`, async () => open(await options.loadOf(run)))
    }
    return ofRelease(await releases.read(run.team, run.release.sequence))
  }

  /** Its service says that there is no such run, where there is none. */
  async function ofRunId(runId: RunId): Promise<Opened> {
    const run = await stores.runs.read(runId)
    return run === undefined ? ofCurrent() : ofRun(run)
  }

  /** What only reads answers also where the run's own bundle is gone. */
  async function reading(runId: RunId): Promise<RunService> {
    const { host } = await ofRunId(runId).catch(ofCurrent)
    return host.service
  }

  const acting = async (runId: RunId) => (await ofRunId(runId)).host.service
  const now = async () => (await ofCurrent()).host.service

  async function start(request: StartRun): Promise<HostedRun> {
    const known = await knownRun(request, stores.runs)
    if (known !== undefined) return (await ofRun(known)).host.start(request)
    const runId = keyedRunId(request) ?? RunId.parse(options.newRunId())
    const { release, arm } = (await releases.draw(team, runId)) ?? fail(noRelease(team))
    const { host } = await ofRelease(release)
    drawn.set(runId, { release: { sequence: release.sequence, arm } })
    try {
      return await host.start(request, runId)
    } finally {
      drawn.delete(runId)
    }
  }

  const resume: EmbeddedHost['resume'] = async (runId, by) => (await ofRunId(runId)).host.resume(runId, by)

  const service: RunService = {
    async start(request) {
      const { run, isNew } = await start(request)
      return { run, isNew }
    },
    resume: async (runId, by) => (await resume(runId, by)).run,
    cancel: async (runId, by) => (await reading(runId)).cancel(runId, by),
    read: async (runId) => (await reading(runId)).read(runId),
    output: async (runId) => (await reading(runId)).output(runId),
    list: async (page) => (await now()).list(page),
    events: async (runId, page) => (await reading(runId)).events(runId, page),
    async *follow(runId, how) {
      yield* (await reading(runId)).follow(runId, how)
    },
    budget: async (runId) => (await reading(runId)).budget(runId),
    raiseBudget: async (runId, raise, by) => (await acting(runId)).raiseBudget(runId, raise, by),
    effects: async (runId) => (await reading(runId)).effects(runId),
    settleEffect: async (runId, settle, by) => (await reading(runId)).settleEffect(runId, settle, by),
    audit: async (runId, query) => (await reading(runId)).audit(runId, query),
    messages: async (runId, agent) => (await reading(runId)).messages(runId, agent),
    state: async (runId, query) => (await reading(runId)).state(runId, query),
    listApprovals: async (query) => (await now()).listApprovals(query),
    readApproval: async (approvalId) => (await now()).readApproval(approvalId),
    // Who may decide is what the run's own release says.
    async decideApproval(approvalId, vote, principal) {
      const { request } = await (await now()).readApproval(approvalId)
      return (await acting(request.runId)).decideApproval(approvalId, vote, principal)
    },
    describeTeam: async () => (await now()).describeTeam(),
    brakes: async () => (await now()).brakes(),
    setBrake: async (target, why) => (await now()).setBrake(target, why),
    releaseBrake: async (target) => (await now()).releaseBrake(target),
    versions: async (query) => (await now()).versions(query),
    rollback: async (request, by) => (await now()).rollback(request, by),
    changeCanary: async (request, by) => (await now()).changeCanary(request, by),
  }

  return {
    start,
    resume,
    fork: async (request) => (await ofRunId(request.runId)).host.fork(request),
    service,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    async release() {
      const settled = await Promise.allSettled(hosts.values())
      await Promise.all(settled.map(async (one) => one.status === 'fulfilled' && one.value.host.release()))
    },
    current: async () => (await ofCurrent()).loaded,
  }
}

function fail(error: Error): never {
  throw error
}

export function noRelease(team: string): NotFound {
  return new NotFound({
    message: `Team ${team} has no release here`,
    next: 'Release it: baton release --team FILE. Or run the file as it is, without --released.',
  })
}
