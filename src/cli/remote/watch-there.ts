/** A run of a team that runs elsewhere, to be watched: this process may go, the run stays. */
import type { RunId } from '../../schema/ids.ts'
import type { Run } from '../../schema/run.ts'
import type { EventId, RunEvent } from '../../schema/run-event.ts'
import { outputOf } from '../render-run.ts'
import { type Interruption, type Watched, watchRun } from '../watch-run.ts'
import { EndpointUnavailable } from './remote-errors.ts'
import type { RemoteRuns } from './remote-runs.ts'

export interface There extends Pick<Watched, 'team' | 'words' | 'json'> {
  readonly runs: RemoteRuns
  readonly url: string
  /** Events of before, which are no news. */
  readonly known?: readonly EventId[]
  /** What to do where the answer to the start was not waited for. */
  readonly unsure: string
}

/** @returns the exit code */
export function watchThere(
  { runs, url, known = [], unsure, ...there }: There,
  begin: () => Promise<Run>,
): Promise<number> {
  const watching = new AbortController()

  async function follow({ runId }: Run, tell: (event: RunEvent) => void) {
    const told = new Set(known)
    for await (const { id, ...event } of runs.follow(runId, { after: known.at(-1), signal: watching.signal })) {
      if (!told.has(id)) tell(event)
    }
    return runs.read(runId)
  }

  return watchRun({
    ...there,
    async begin(tell) {
      const run = await begin()
      return { run, ended: follow(run, tell).catch((error: unknown) => goesOn(error, run.runId)) }
    },
    outputOf: (run) => outputOf(run, () => runs.output(run.runId)),
    release: async () => watching.abort(),
    interruption: (run) => interruption(run, { url, unsure, words: there.words }),
  })
}

/** What breaks is the watching. */
function goesOn(error: unknown, runId: RunId): never {
  if (!(error instanceof EndpointUnavailable)) throw error
  const { message, retryAfterMs, wasTurnedAway } = error
  throw new EndpointUnavailable({
    message: `${message}. Run ${runId} goes on there without being watched`,
    next: `Watch it again: baton events ${runId} --follow`,
    retryAfterMs,
    wasTurnedAway,
    cause: error,
  })
}

function interruption(
  run: Run | undefined,
  { url, unsure, words }: Pick<There, 'url' | 'unsure' | 'words'>,
): Interruption {
  if (run === undefined) {
    return { message: `Whether the run has begun at ${url} is not known.`, next: unsure, advice: unsure }
  }
  const watch = `baton events ${run.runId}${words} --follow`
  const cancel = `baton cancel ${run.runId}${words}`
  return {
    message: `Run ${run.runId} goes on at ${url}.`,
    next: `Watch it: ${watch}. Stop it: ${cancel}`,
    advice: `To watch it: npx ${watch}. To stop it: npx ${cancel}`,
  }
}
