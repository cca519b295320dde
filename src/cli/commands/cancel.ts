import { cancelRun } from '../../api/cancel-run.ts'
import { systemClock } from '../../clock.ts'
import { createEngine } from '../../engine/engine.ts'
import { hostedExecutions } from '../../engine/host-executions.ts'
import { NotFound } from '../../errors.ts'
import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { jsonText } from '../format.ts'
import { DATA_OPTION, openExistingData, runIdOf } from '../session.ts'

/** `baton cancel RUN` */
export const cancel: Command = {
  name: 'cancel',
  summary: 'Cancels a run: no further turn or tool begins. What is finished stays, and `baton resume` can go on.',
  usage: 'RUN',
  positionals: 1,
  options: async () => ({ ...DATA_OPTION, ...JSON_OPTION }),
  async run({ values, positionals }) {
    const data = openExistingData(values)
    const runId = await runIdOf(positionals[0], data)
    // Only to end an execution that nobody works on: it invokes nothing.
    const engine = createEngine({
      history: data.stores.history,
      clock: systemClock,
      random: Math.random,
      machine: () => undefined,
      invokeFunction: async (name) => {
        throw new NotFound({ message: `${name} is not run while cancelling`, next: 'baton resume' })
      },
    })
    const executions = hostedExecutions(engine)
    const run = await cancelRun(runId, { ...data.reading, executions, clock: systemClock })
    if (values['json']) process.stdout.write(`${jsonText(run)}\n`)
    else if (run.status === 'running')
      process.stdout.write(`Run ${runId} is being cancelled; it ends within a second or so.\n`)
    else process.stdout.write(`Run ${runId} is ${run.status}.\n`)
    return EXIT.ok
  },
}
