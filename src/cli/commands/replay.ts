import { type Difference, type Replay, replayRun } from '../../replay/replay-run.ts'
import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { clip, formatDuration, jsonText, painter, plural, printable } from '../format.ts'
import { recordingOf } from '../recordings.ts'
import { REMOTE_OPTIONS } from '../remote/remote-target.ts'
import { DATA_OPTION, TEAM_OPTION, teamOf } from '../session.ts'

/** `baton replay RUN` */
export const replay: Command = {
  name: 'replay',
  summary:
    'Runs a finished run again from its record, in memory, and compares: asks no model, calls no tool, costs nothing.',
  usage: 'RUN',
  details:
    'The compiled machine runs again; agents, rules and people answer what is recorded, waits take no time. Output, what each step was given and the way through the states must be the same, byte for byte. Exit code 1 where they are not.\nThe workflow must be as it was: bring back the team file, or name it with --team.',
  positionals: 1,
  options: async () => ({ ...TEAM_OPTION, ...DATA_OPTION, ...REMOTE_OPTIONS, ...JSON_OPTION }),
  async run({ values, positionals }) {
    const { recording, histories } = await recordingOf(positionals[0], values)
    const { team } = await teamOf(recording.run, values)
    const begun = performance.now()
    const result = await replayRun(recording, team, histories)
    const tookMs = Math.round(performance.now() - begun)
    process.stdout.write(values['json'] ? `${jsonText({ ...result, tookMs })}\n` : `${render(result, tookMs)}\n`)
    return result.differences.length === 0 ? EXIT.ok : EXIT.runFailed
  },
}

/** Differences that are told; --json has all. */
const MOST_TOLD = 10
const COLUMNS = 300

function render(result: Replay, tookMs: number): string {
  const { runId, status, execution, steps, events, differences, notes } = result
  const paint = painter(process.stdout)
  const way = events === undefined ? 'the way through the states is not kept there' : plural(events, 'event')
  const what = `${plural(steps, 'step')}, ${way}, 0 model calls, $0, ${formatDuration(tookMs)}`
  const verdict =
    differences.length === 0
      ? `${paint('green', `run ${runId} came to the same`)}, byte for byte: ${status}`
      : `${paint('red', `run ${runId} came to something else`)}: ${plural(differences.length, 'difference')}`
  const more = differences.length - MOST_TOLD
  return [
    `${verdict} (execution ${execution}; ${what})`,
    ...differences.slice(0, MOST_TOLD).flatMap(lines),
    ...(more > 0 ? [`and ${more} more: baton replay ${runId} --json`] : []),
    ...notes.map((note) => printable(`note  ${note}`)),
  ].join('\n')
}

function lines({ what, where, expected, came }: Difference): string[] {
  return [
    `${what}${where === undefined ? '' : ` ${printable(where)}`}`,
    `  expected  ${clip(expected, COLUMNS)}`,
    `  came      ${clip(came, COLUMNS)}`,
  ]
}
