/** A run of the embedded host in this process, to be watched. */
import { noticesOf, readSteps } from '../api/run-steps.ts'
import type { Team } from '../define/team.ts'
import type { EmbeddedHost, HostedRun } from '../engine/host.ts'
import type { Stores } from '../engine/host-stores.ts'
import type { Run } from '../schema/run.ts'
import { outputOf } from './render-run.ts'
import { type Interruption, watchRun } from './watch-run.ts'

export interface Here {
  readonly host: EmbeddedHost
  readonly stores: Stores
  readonly team: Team
  readonly json: boolean
  /** What a command to paste needs to find the run. */
  readonly words: string
}

/** @returns the exit code */
export function watchHere({ host, stores, words, ...here }: Here, begin: () => Promise<HostedRun>): Promise<number> {
  let isOpen = true
  return watchRun({
    ...here,
    words,
    async begin(tell) {
      host.subscribe(tell)
      const { run, ended } = await begin()
      return { run, ended: ended.then((over) => withNotices(over, stores)) }
    },
    outputOf: (run) => outputOf(run, (reference) => stores.artifacts.get(run.runId, reference)),
    async release() {
      await host.release()
      if (isOpen) stores.close()
      isOpen = false
    },
    interruption: (run) => interruption(run, words),
  })
}

async function withNotices(run: Run, { journal }: Stores) {
  return { run, notices: noticesOf(await readSteps(run.runId, journal)) }
}

function interruption(run: Run | undefined, words: string): Interruption {
  if (run === undefined) return { message: 'Stopped before the run began.', next: 'Start it again.', advice: '' }
  const next = `baton resume ${run.runId}${words}`
  return {
    message: `Run ${run.runId} interrupted. What is finished is kept.`,
    next,
    advice: `To go on: npx ${next}`,
  }
}
