/** Runs something in this process while a person watches: progress, Ctrl-C, the output, the exit code. */
import type { Team } from '../define/team.ts'
import type { EmbeddedHost, HostedRun } from '../engine/host.ts'
import type { Stores } from '../engine/host-stores.ts'
import type { Run } from '../schema/run.ts'
import { EXIT } from './command.ts'
import { painter } from './format.ts'
import { type Progress, showProgress } from './progress.ts'
import { nextCommands, outputOf, renderEnd, renderOutput } from './render-run.ts'

export interface Watch {
  readonly host: EmbeddedHost
  readonly stores: Stores
  readonly team: Team
  readonly json: boolean
}

/**
 * Progress goes to standard error and the output to standard output, so that `> report.md` holds the report alone; with
 * `json` every line of standard output is an event, the last one being the run.
 * @returns the exit code
 */
export async function watchRun({ host, stores, team, json }: Watch, begin: () => Promise<HostedRun>): Promise<number> {
  const stream = json ? process.stdout : process.stderr
  const progress = showProgress({ json, output: stream, now: Date.now })
  host.subscribe((event) => progress.event(event))
  let current: Run | undefined
  const stopListening = onInterrupt(() => interrupted(host, stores, progress, current))
  try {
    const { run, ended } = await begin()
    current = run
    const over = await ended
    progress.end()
    const output = await outputOf(over, stores.artifacts)
    if (json) process.stdout.write(`${JSON.stringify({ type: 'run', run: over, output })}\n`)
    else {
      if (output !== undefined) process.stdout.write(`\n${renderOutput(output, over, team)}\n`)
      process.stderr.write(`\n${renderEnd(over, painter(process.stderr))}\n${nextCommands(over)}\n`)
    }
    return over.status === 'succeeded' ? EXIT.ok : EXIT.runFailed
  } finally {
    stopListening()
    progress.end()
    await host.release()
    stores.close()
  }
}

/** The first Ctrl-C lets go in order; a second one does not wait. */
function onInterrupt(letGo: () => Promise<void>): () => void {
  let asked = false
  const listener = () => {
    if (asked) process.exit(EXIT.interrupted)
    asked = true
    void letGo().finally(() => process.exit(EXIT.interrupted))
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, listener)
  return () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, listener)
  }
}

async function interrupted(
  host: EmbeddedHost,
  stores: Stores,
  progress: Progress,
  run: Run | undefined,
): Promise<void> {
  progress.end()
  await host.release()
  stores.close()
  process.stderr.write(
    run === undefined
      ? '\nStopped before the run began.\n'
      : `\nInterrupted. What is finished is kept. To go on: npx baton resume ${run.runId}\n`,
  )
}
