import { type RunDetails, readRun } from '../../api/read-run.ts'
import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { formatDuration, painter, plural } from '../format.ts'
import { nextCommands, outputOf, renderEnd, renderOutput } from '../render-run.ts'
import { DATA_OPTION, openExistingData, runIdOf, TEAM_OPTION, teamOf } from '../session.ts'
import { stepTable } from '../step-table.ts'

/** Steps named in the line of the critical path. */
const PATH_STEPS = 8

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
    ...JSON_OPTION,
  }),
  async run({ values, positionals }) {
    const data = openExistingData(values)
    const details = await readRun(await runIdOf(positionals[0], data), data.reading)
    const { run } = details
    const output = await outputOf(run, data.stores.artifacts)
    if (values['json']) {
      process.stdout.write(`${JSON.stringify({ ...details, output })}\n`)
      return EXIT.ok
    }
    const team = await teamOf(run, values).then(
      (loaded) => loaded.team,
      () => undefined,
    )
    const parts = [
      describe(details, values['steps'] === true),
      ...(output === undefined ? [] : [renderOutput(output, run, team)]),
      renderEnd(run, painter(process.stdout)),
    ]
    process.stdout.write(`${parts.join('\n\n')}\n${nextCommands(run, data.stores.folder)}\n`)
    return EXIT.ok
  },
}

function describe({ run, steps, criticalPath: { stepsMs, overheadMs, stepIds } }: RunDetails, all: boolean): string {
  const path =
    stepIds.length <= PATH_STEPS ? stepIds : [...stepIds.slice(0, PATH_STEPS), `… ${stepIds.length - PATH_STEPS} more`]
  const wasCut = run.execution > 1 || steps.some(({ attempts }) => attempts > 1)
  return [
    `run ${run.runId}  ${run.status}  ${run.team}/${run.workflow}@${run.workflowVersion}  model ${run.model}`,
    `started ${run.startedAt}, ${plural(run.execution, 'execution')}`,
    '',
    ...stepTable(steps, all),
    '',
    `critical path ${formatDuration(stepsMs)}: ${path.join(' → ')}`,
    `outside steps ${formatDuration(overheadMs)}${wasCut ? ', the time between a cut and going on included' : ''}`,
  ].join('\n')
}
