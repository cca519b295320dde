import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { jsonText } from '../format.ts'
import { openPlace, runIdOf } from '../place.ts'
import { REMOTE_OPTIONS } from '../remote/remote-target.ts'
import { DATA_OPTION } from '../session.ts'

/** `baton cancel RUN` */
export const cancel: Command = {
  name: 'cancel',
  summary: 'Cancels a run: no further turn or tool begins. What is finished stays, and `baton resume` can go on.',
  usage: 'RUN',
  positionals: 1,
  options: async () => ({ ...DATA_OPTION, ...REMOTE_OPTIONS, ...JSON_OPTION }),
  async run({ values, positionals }) {
    const place = await openPlace(values)
    const runId = await runIdOf(positionals[0], place)
    const run = await place.runs.cancel(runId)
    if (values['json']) process.stdout.write(`${jsonText(run)}\n`)
    else if (run.status === 'running')
      process.stdout.write(`Run ${runId} is being cancelled; it ends within ${place.endsWithin}.\n`)
    else process.stdout.write(`Run ${runId} is ${run.status}.\n`)
    return EXIT.ok
  },
}
