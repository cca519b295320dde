/** A run that a person watches: progress, Ctrl-C, the output, the exit code. Where it runs is the place's business. */
import type { RunDetails } from '../api/read-run.ts'
import type { Team } from '../define/team.ts'
import type { Json } from '../schema/json.ts'
import type { Run } from '../schema/run.ts'
import type { RunEvent } from '../schema/run-event.ts'
import { EXIT } from './command.ts'
import { jsonText, painter } from './format.ts'
import { showProgress } from './progress.ts'
import { nextCommands, renderEnd, renderNotices, renderOutput } from './render-run.ts'

export interface Watched {
  /** Begins the run, and tells what happens from then on. */
  readonly begin: (tell: (event: RunEvent) => void) => Promise<Begun>
  readonly outputOf: (run: Run) => Promise<Json | undefined>
  /** Lets go of a run that has not ended, or of what was opened for it. */
  readonly release: () => Promise<void>
  /** What became of a run that is watched no more; undefined where it had not begun yet. */
  readonly interruption: (run: Run | undefined) => Interruption
  /** Whose workflow renders the output. */
  readonly team: Team | undefined
  /** What a command to paste needs to find the run. */
  readonly words: string
  readonly json: boolean
}

export interface Begun {
  readonly run: Run
  readonly ended: Promise<Pick<RunDetails, 'run' | 'notices'>>
}

export interface Interruption {
  readonly message: string
  /** For programs. */
  readonly next: string
  /** The same as a sentence. */
  readonly advice: string
}

/**
 * Progress goes to standard error and the output to standard output, so that `> report.md` holds the report alone; with
 * `json` every line of standard output is an event, the last one being the run.
 * @returns the exit code
 */
export async function watchRun(watched: Watched): Promise<number> {
  const { json } = watched
  const stream = json ? process.stdout : process.stderr
  const progress = showProgress({ json, output: stream, now: Date.now, words: watched.words })
  const interrupt = listenForInterruption()
  let begun: Run | undefined
  const work = async () => {
    const { run, ended } = await watched.begin((event) => progress.event(event))
    begun = run
    return ended
  }
  try {
    const working = work()
    const over = await Promise.race([working, interrupt.asked])
    progress.end()
    if (over === undefined) {
      working.catch(() => undefined)
      await watched.release()
      tellInterrupted(watched.interruption(begun), json)
      return EXIT.interrupted
    }
    await tellEnd(over, watched)
    return over.run.status === 'succeeded' ? EXIT.ok : EXIT.runFailed
  } finally {
    progress.end()
    await watched.release()
    interrupt.stopListening()
  }
}

async function tellEnd({ run, notices }: Awaited<Begun['ended']>, watched: Watched): Promise<void> {
  const output = await watched.outputOf(run)
  if (watched.json) {
    process.stdout.write(`${jsonText({ type: 'run', run, output, notices })}\n`)
    return
  }
  const rendered = output === undefined ? undefined : renderOutput(output, run, watched.team, notices)
  if (rendered !== undefined) process.stdout.write(`\n${rendered.text}\n`)
  const lines = [
    ...(rendered?.hasNotices ? [] : renderNotices(notices)),
    '',
    renderEnd(run, painter(process.stderr), watched.words),
    nextCommands(run, watched.words),
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

function tellInterrupted({ message, next, advice }: Interruption, json: boolean): void {
  if (json) process.stderr.write(`${jsonText({ error: { name: 'Interrupted', message, next } })}\n`)
  else process.stderr.write(`\n${message}${advice === '' ? '' : ` ${advice}`}\n`)
}
