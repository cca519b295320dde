import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { jsonText } from '../format.ts'
import { openPlace, runIdOf } from '../place.ts'
import { describeEvent } from '../progress.ts'
import { REMOTE_OPTIONS } from '../remote/remote-target.ts'
import { DATA_OPTION } from '../session.ts'

/** `baton events RUN [--follow]` */
export const events: Command = {
  name: 'events',
  summary: 'Prints what happened in a run, oldest first.',
  usage: 'RUN [--follow]',
  positionals: 1,
  options: async () => ({
    follow: { type: 'boolean', short: 'f', description: 'Wait for more until the run ends' },
    ...DATA_OPTION,
    ...REMOTE_OPTIONS,
    ...JSON_OPTION,
  }),
  async run({ values, positionals }) {
    const place = await openPlace(values)
    const runId = await runIdOf(positionals[0], place)
    for await (const event of place.events(runId, { isFollowed: values['follow'] === true })) {
      process.stdout.write(`${values['json'] ? jsonText(event) : describeEvent(event)}\n`)
    }
    return EXIT.ok
  },
}
