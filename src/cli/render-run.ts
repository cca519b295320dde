/** What a person gets when a run is over: its output, what it cost, what to type next. */
import type { Team } from '../define/team.ts'
import type { Artifacts } from '../records/artifacts.ts'
import type { Json } from '../schema/json.ts'
import type { Run } from '../schema/run.ts'
import { Reference } from '../schema/step.ts'
import { formatDuration, formatTokens, formatUsd, type painter, plural } from './format.ts'
import { dataWords } from './session.ts'

/** The output itself, also where the head holds a reference to it. */
export async function outputOf(run: Run, artifacts: Artifacts): Promise<Json | undefined> {
  if (run.output === undefined) return undefined
  const reference = Reference.safeParse(run.output)
  return reference.success ? artifacts.get(run.runId, reference.data) : run.output
}

/** By the workflow's own `render`, else as JSON. */
export function renderOutput(output: Json, run: Run, team: Team | undefined): string {
  const workflow = team?.workflows.find(({ name }) => name === run.workflow)
  return workflow?.render?.(output) ?? JSON.stringify(output, undefined, 2)
}

export function renderEnd(run: Run, paint: ReturnType<typeof painter>): string {
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
          `${paint('red', 'why')}   ${error.stepId ? `${error.stepId}: ` : ''}${error.message}`,
          `${paint('cyan', 'next')}  ${error.next}`,
        ]
      : []),
  ].join('\n')
}

/** Commands to paste. */
export function nextCommands({ runId, status }: Run, folder: string): string {
  const data = dataWords(folder)

  const commands: (readonly [string, string])[] = [
    [`baton show ${runId}${data}`, 'steps, cost, critical path'],
    [`baton events ${runId}${data}`, 'everything that happened'],
  ]
  if (status !== 'succeeded' && status !== 'running')
    commands.unshift([`baton resume ${runId}${data}`, 'goes on; finished steps are kept'])
  const width = Math.max(...commands.map(([command]) => command.length))
  return commands.map(([command, what]) => `  npx ${command.padEnd(width)}  ${what}`).join('\n')
}
