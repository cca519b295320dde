/** What a person gets when a run is over: its output, what it cost, what to type next. */
import type { Team } from '../define/team.ts'
import type { Json } from '../schema/json.ts'
import type { Run } from '../schema/run.ts'
import { Reference } from '../schema/step.ts'
import { formatDuration, formatTokens, formatUsd, jsonText, type painter, plural, printable } from './format.ts'
import { withPlace } from './place-words.ts'

/** The output itself, also where the head holds a reference to it. */
export async function outputOf(run: Run, read: (reference: Reference) => Promise<Json>): Promise<Json | undefined> {
  if (run.output === undefined) return undefined
  const reference = Reference.safeParse(run.output)
  return reference.success ? read(reference.data) : run.output
}

/**
 * By the workflow's own `render`, with what the run's models say of themselves below it, so that a report never goes
 * anywhere without; else as JSON, which holds the output alone, so that it can be read by a program.
 */
export function renderOutput(output: Json, run: Run, team: Team | undefined, notices: readonly string[]): Rendered {
  const workflow = team?.workflows.find(({ name }) => name === run.workflow)
  const report = workflow?.render?.(output)
  if (report === undefined) return { text: jsonText(output, 2), hasNotices: false }
  return { text: printable([report.trimEnd(), ...renderNotices(notices)].join('\n')), hasNotices: notices.length > 0 }
}

interface Rendered {
  readonly text: string
  /** Whether the notices are part of the text. */
  readonly hasNotices: boolean
}

/** Lines to stand below something. */
export function renderNotices(notices: readonly string[]): string[] {
  return notices.length === 0 ? [] : ['', printable(notices.join('; '))]
}

/** @param place What a command to paste needs to find the run. */
export function renderEnd(run: Run, paint: ReturnType<typeof painter>, place: string): string {
  const took =
    run.endedAt === undefined ? '' : ` in ${formatDuration(Date.parse(run.endedAt) - Date.parse(run.startedAt))}`
  const { usage, error } = run
  const used = usage
    ? `${plural(usage.turns, 'model call')}, ${plural(usage.toolCalls, 'tool call')}, ${formatTokens(usage.inputTokens + usage.outputTokens)} tokens, ${formatUsd(usage.costUsd)}`
    : ''
  const colour = run.status === 'succeeded' ? 'green' : 'red'
  return [
    `${paint(colour, `run ${run.runId} ${run.status}`)}${took}${used && `: ${used}`}`,
    ...(error
      ? [
          `${paint('red', 'why')}   ${printable(`${error.stepId ? `${error.stepId}: ` : ''}${error.message}`)}`,
          ...(error.kept ? [`${paint('cyan', 'kept')}  ${printable(keptText(error.kept))}`] : []),
          `${paint('cyan', 'next')}  ${printable(withPlace(error.next, place))}`,
        ]
      : []),
  ].join('\n')
}

/** The outputs that a stopped run has all the same. */
function keptText({ steps, latest }: NonNullable<NonNullable<Run['error']>['kept']>): string {
  const more = steps > latest.length ? ` and ${steps - latest.length} before` : ''
  return `what ${plural(steps, 'finished step')} gave: ${latest.join(', ')}${more}`
}

/** Commands to paste. @param place As for `renderEnd` */
export function nextCommands({ runId, status, error }: Run, place: string): string {
  const commands: (readonly [string, string])[] = [
    [`baton show ${runId}${place}`, 'steps, cost, critical path'],
    [`baton events ${runId}${place}`, 'everything that happened'],
  ]
  // Of a run whose effects were undone: it is not resumed.
  const isOver = status === 'succeeded' || status === 'running' || error?.next.endsWith('start a new run.')
  if (!isOver) commands.unshift([`baton resume ${runId}${place}`, 'goes on; finished steps are kept'])
  const width = Math.max(...commands.map(([command]) => command.length))
  return commands.map(([command, what]) => `  npx ${command.padEnd(width)}  ${what}`).join('\n')
}
