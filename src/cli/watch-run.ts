/** Runs something in this process while a person watches: progress, Ctrl-C, the output, the exit code. */
import { noticesOf, readSteps } from '../api/run-steps.ts'
import type { Team } from '../define/team.ts'
import type { EmbeddedHost, HostedRun } from '../engine/host.ts'
import type { Stores } from '../engine/host-stores.ts'
import type { Run } from '../schema/run.ts'
import { EXIT } from './command.ts'
import { jsonText, painter } from './format.ts'
import { showProgress } from './progress.ts'
import { nextCommands, outputOf, renderEnd, renderNotices, renderOutput } from './render-run.ts'

export interface Watch {
  readonly host: EmbeddedHost
  readonly stores: Stores
  readonly team: Team
  readonly json: boolean
  /** What a command to paste needs to find the run. */
  readonly place: string
}

/**
 * Progress goes to standard error and the output to standard output, so that `> report.md` holds the report alone; with
 * `json` every line of standard output is an event, the last one being the run.
 * @returns the exit code
 */
export async function watchRun(
  { host, stores, team, json, place }: Watch,
  begin: () => Promise<HostedRun>,
): Promise<number> {
  const stream = json ? process.stdout : process.stderr
  const progress = showProgress({ json, output: stream, now: Date.now })
  host.subscribe((event) => progress.event(event))
  const interruption = listenForInterruption()
  let begun: Run | undefined
  try {
    const work = runToEnd(begin, (run) => {
      begun = run
    })
    const over = await Promise.race([work, interruption.asked])
    progress.end()
    if (over === undefined) {
      work.catch(() => undefined)
      await host.release()
      tellInterrupted(begun, place, json)
      return EXIT.interrupted
    }
    await tellEnd(over, { host, stores, team, json, place })
    return over.status === 'succeeded' ? EXIT.ok : EXIT.runFailed
  } finally {
    progress.end()
    await host.release()
    stores.close()
    interruption.stopListening()
  }
}

async function runToEnd(begin: () => Promise<HostedRun>, onBegun: (run: Run) => void): Promise<Run> {
  const { run, ended } = await begin()
  onBegun(run)
  return ended
}

async function tellEnd(run: Run, { stores, team, json, place }: Watch): Promise<void> {
  const output = await outputOf(run, stores.artifacts)
  const notices = noticesOf(await readSteps(run.runId, stores.journal))
  if (json) {
    process.stdout.write(`${jsonText({ type: 'run', run, output, notices })}\n`)
    return
  }
  const rendered = output === undefined ? undefined : renderOutput(output, run, team, notices)
  if (rendered !== undefined) process.stdout.write(`\n${rendered.text}\n`)
  const lines = [
    ...(rendered?.hasNotices ? [] : renderNotices(notices)),
    '',
    renderEnd(run, painter(process.stderr), place),
    nextCommands(run, place),
  ]
  process.stderr.write(`${lines.join('\n')}\n`)
}

/** The first Ctrl-C lets go in order; a second one does not wait. */
function listenForInterruption(): { readonly asked: Promise<undefined>; stopListening(): void } {
  const { promise, resolve } = Promise.withResolvers<undefined>()
  let asked = false
  const listener = () => {
    if (asked) process.exit(EXIT.interrupted)
    asked = true
    resolve(undefined)
  }
  for (const signal of SIGNALS) process.on(signal, listener)
  return {
    asked: promise,
    stopListening() {
      for (const signal of SIGNALS) process.off(signal, listener)
    },
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

function tellInterrupted(run: Run | undefined, place: string, json: boolean): void {
  const message =
    run === undefined ? 'Stopped before the run began.' : `Run ${run.runId} interrupted. What is finished is kept.`
  const next = run === undefined ? 'Start it again.' : `baton resume ${run.runId}${place}`
  if (json) process.stderr.write(`${jsonText({ error: { name: 'Interrupted', message, next } })}\n`)
  else process.stderr.write(`\n${message}${run === undefined ? '' : ` To go on: npx ${next}`}\n`)
}
