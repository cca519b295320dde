import type { RunDetails } from '../../api/read-run.ts'
import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { setLines } from '../fork-set.ts'
import { formatDuration, jsonText, painter, plural, printable } from '../format.ts'
import { openPlace, runIdOf } from '../place.ts'
import { REMOTE_OPTIONS } from '../remote/remote-target.ts'
import { nextCommands, outputOf, renderEnd, renderNotices, renderOutput } from '../render-run.ts'
import { renderTree } from '../render-tree.ts'
import { DATA_OPTION, TEAM_OPTION } from '../session.ts'
import { MOST_STEPS, stepTable } from '../step-table.ts'
import { treeOfSteps } from '../tree-of-steps.ts'
import { waitingLines } from '../waiting-approvals.ts'

/** Steps named in the line of the critical path. */
const PATH_STEPS = 8
/** Of a line of the tree where there is no screen that it must fit. */
const PLAIN_COLUMNS = 200

/** `baton show RUN` */
export const show: Command = {
  name: 'show',
  summary: 'Shows a run: its steps with agent, attempts, turns, tokens, cost and time; its critical path; its output.',
  usage: 'RUN',
  details: '`latest` stands for the newest run.',
  positionals: 1,
  options: async () => ({
    steps: { type: 'boolean', description: 'List every step, also where there are many' },
    ...TEAM_OPTION,
    ...DATA_OPTION,
    ...REMOTE_OPTIONS,
    ...JSON_OPTION,
  }),
  async run({ values, positionals }) {
    const place = await openPlace(values)
    const details = await place.runs.read(await runIdOf(positionals[0], place))
    const { run, notices } = details
    const output = await outputOf(run, () => place.runs.output(run.runId))
    if (values['json']) {
      process.stdout.write(`${jsonText({ ...details, output })}\n`)
      return EXIT.ok
    }
    const team = await place.teamOf(run).catch(() => undefined)
    const rendered = output === undefined ? undefined : renderOutput(output, run, team, notices)
    const waiting = await waitingLines(run, place, Date.now())
    const parts = [
      describe(details, values['steps'] === true),
      ...(waiting.length === 0 ? [] : [waiting.join('\n')]),
      ...(rendered === undefined ? [] : [rendered.text]),
      ...(rendered?.hasNotices || notices.length === 0 ? [] : [renderNotices(notices).join('\n').trim()]),
      renderEnd(run, painter(process.stdout), place.words),
    ]
    process.stdout.write(`${parts.join('\n\n')}\n${nextCommands(run, place.words)}\n`)
    return EXIT.ok
  },
}

function describe({ run, steps, stepsOmitted, criticalPath }: RunDetails, all: boolean): string {
  const wasCut = run.execution > 1 || steps.some(({ attempts }) => attempts > 1)
  return [
    `run ${run.runId}  ${run.status}  ${run.team}/${run.workflow}@${run.workflowVersion}  model ${printable(run.model)}`,
    `started ${run.startedAt}, ${plural(run.execution, 'execution')}`,
    ...(run.release === undefined ? [] : [`release ${run.release.sequence}, ${run.release.arm}`]),
    ...(run.origin === undefined ? [] : originLines(run.origin)),
    '',
    ...(stepsOmitted === undefined ? [] : [`${plural(stepsOmitted, 'step')} before these: baton events ${run.runId}`]),
    ...(all || steps.length > MOST_STEPS ? stepTable(steps, all) : treeLines(steps)),
    ...(criticalPath === undefined ? [] : pathLines(criticalPath, wasCut)),
  ].join('\n')
}

/** Of a fork: from where, and what it tries. */
function originLines({ runId, stepId, set }: NonNullable<RunDetails['run']['origin']>): string[] {
  return [`forked from ${runId} at ${stepId}`, ...setLines(set).map((line) => printable(`  set ${line}`))]
}

function pathLines(
  { stepIds, stepsMs, overheadMs }: NonNullable<RunDetails['criticalPath']>,
  wasCut: boolean,
): string[] {
  const path =
    stepIds.length <= PATH_STEPS ? stepIds : [...stepIds.slice(0, PATH_STEPS), `… ${stepIds.length - PATH_STEPS} more`]
  return [
    '',
    `critical path ${formatDuration(stepsMs)}: ${path.join(' → ')}`,
    `outside steps ${formatDuration(overheadMs)}${wasCut ? ', the time between a cut and going on included' : ''}`,
  ]
}

/** The tree of the live display, whole. */
function treeLines(steps: RunDetails['steps']): string[] {
  const width = process.stdout.isTTY ? process.stdout.columns : PLAIN_COLUMNS
  const view = { paint: painter(process.stdout), width, height: Number.MAX_SAFE_INTEGER, now: Date.now() }
  return renderTree(treeOfSteps(steps), view)
}
