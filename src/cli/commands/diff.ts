import { type Changed, diffRuns, type RunDiff, type StepDiff, type ValueDiff } from '../../replay/diff-runs.ts'
import { ForkSet } from '../../schema/run.ts'
import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { setLines } from '../fork-set.ts'
import { formatDuration, formatTokens, formatUsd, jsonText, plural, printable } from '../format.ts'
import { recordingOf } from '../recordings.ts'
import { REMOTE_OPTIONS } from '../remote/remote-target.ts'
import { DATA_OPTION } from '../session.ts'

/** `baton diff RUN RUN` */
export const diff: Command = {
  name: 'diff',
  summary: 'Compares two runs: outputs, steps, versions, models, prompts, tools, decisions, cost, time, people.',
  usage: 'RUN RUN',
  details: 'Of a fork and its origin it tells what was set, too. Exit code 0 whether or not they differ.',
  positionals: 2,
  options: async () => ({ ...DATA_OPTION, ...REMOTE_OPTIONS, ...JSON_OPTION }),
  async run({ values, positionals }) {
    const from = await recordingOf(positionals[0], values)
    const to = await recordingOf(positionals[1], values)
    const found = diffRuns(from.recording, to.recording)
    process.stdout.write(values['json'] ? `${jsonText(found)}\n` : `${printable(render(found))}\n`)
    return EXIT.ok
  },
}

/** Steps told; --json has all. */
const MOST_STEPS = 20

function render(found: RunDiff): string {
  const { from, to, fork, added, removed, kept, steps, output, input } = found
  const more = steps.length - MOST_STEPS
  return [
    `${from} → ${to}`,
    ...(fork === undefined ? [] : forkLines(fork)),
    ...line('workflow', found.workflow),
    ...line('status', found.status),
    ...values('input', input),
    ...values('output', output),
    ...(added.length === 0 ? [] : [`steps added    ${added.join(', ')}`]),
    ...(removed.length === 0 ? [] : [`steps removed  ${removed.join(', ')}`]),
    ...(kept.length === 0 ? [] : [`taken over  ${plural(kept.length, 'step')}`]),
    ...steps.slice(0, MOST_STEPS).flatMap(stepLines),
    ...(more > 0 ? [`and ${plural(more, 'more step')}: --json has all`] : []),
    ...usageLines(found),
    ...line('people', { from: found.people.from || 'nobody', to: found.people.to || 'nobody' }),
  ].join('\n')
}

function forkLines({ of, at, set }: NonNullable<RunDiff['fork']>): string[] {
  const lines = setLines(ForkSet.parse(set))
  return [
    `forked from ${of} at ${at}`,
    ...(lines.length === 0 ? ['  nothing was set'] : lines.map((one) => `  set ${one}`)),
  ]
}

function line(name: string, change: Changed<string> | undefined): string[] {
  if (change === undefined || change.from === change.to) return []
  return [`${name}  ${change.from || '(none)'} → ${change.to || '(none)'}`]
}

function values(name: string, places: readonly ValueDiff[]): string[] {
  if (places.length === 0) return [`${name}  the same`]
  return [
    `${name}  ${plural(places.length, 'difference')}`,
    ...places.flatMap(({ at, from, to }) => [
      `  ${at}`,
      ...(from === undefined ? [] : [`    - ${from}`]),
      ...(to === undefined ? [] : [`    + ${to}`]),
    ]),
  ]
}

function stepLines({ stepId, ...changes }: StepDiff): string[] {
  const told = Object.entries(changes) as [string, Changed<string>][]
  return [`step ${stepId}`, ...told.flatMap(([name, change]) => line(`  ${name}`, change))]
}

function usageLines({ usage, tookMs }: RunDiff): string[] {
  const { from, to } = usage
  const tokens = (one: typeof from) =>
    one === undefined ? 'unknown' : formatTokens(one.inputTokens + one.outputTokens)
  const time = (ms: number | undefined) => (ms === undefined ? 'unknown' : formatDuration(ms))
  return [
    `cost  ${formatUsd(from?.costUsd)} → ${formatUsd(to?.costUsd)}`,
    `tokens  ${tokens(from)} → ${tokens(to)}`,
    `model calls  ${from?.turns ?? 0} → ${to?.turns ?? 0}, tool calls  ${from?.toolCalls ?? 0} → ${to?.toolCalls ?? 0}`,
    `time  ${time(tookMs.from)} → ${time(tookMs.to)}`,
  ]
}
