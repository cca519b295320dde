/** Goes on with runs that nobody works on any more. Which those are, and how often to look, is the caller's business. */
import type { EmbeddedHost } from '../engine/host.ts'
import type { RunId } from '../schema/ids.ts'
import type { Run } from '../schema/run.ts'

interface ResumerOptions {
  readonly host: Pick<EmbeddedHost, 'resume' | 'service'>
  /** For the operator. */
  readonly tell: (line: string) => void
}

/** Takes each run once, however often it is given: what cannot be resumed now, cannot a little later. */
export function resumerOf({ host, tell }: ResumerOptions): (interrupted: readonly Run[]) => Promise<void> {
  const taken = new Set<RunId>()

  async function take({ runId, cancelRequested }: Run): Promise<string> {
    try {
      if (cancelRequested) {
        await host.service.cancel(runId)
        return `${runId} cancelled, as was asked for before it was cut off`
      }
      await host.resume(runId)
      return `${runId} resumed`
    } catch (error) {
      return `${runId} could not be resumed: ${(error as Error).message}`
    }
  }

  return async (interrupted) => {
    for (const run of interrupted) {
      if (taken.has(run.runId)) continue
      taken.add(run.runId)
      tell(await take(run))
    }
  }
}
