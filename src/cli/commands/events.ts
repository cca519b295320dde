import { setTimeout as delay } from 'node:timers/promises'
import { followRun } from '../../api/follow-run.ts'
import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { jsonText } from '../format.ts'
import { describeEvent } from '../progress.ts'
import { DATA_OPTION, openExistingData, runIdOf } from '../session.ts'

/** Between looks at the journal, ms. */
const POLL_MS = 250

/** `baton events RUN [--follow]` */
export const events: Command = {
  name: 'events',
  summary: 'Prints what happened in a run, oldest first.',
  usage: 'RUN [--follow]',
  positionals: 1,
  options: async () => ({
    follow: { type: 'boolean', short: 'f', description: 'Wait for more until the run ends' },
    ...DATA_OPTION,
    ...JSON_OPTION,
  }),
  async run({ values, positionals }) {
    const data = openExistingData(values)
    const runId = await runIdOf(positionals[0], data)
    const pause = values['follow'] ? () => delay(POLL_MS) : undefined
    for await (const event of followRun(runId, data.reading, pause)) {
      process.stdout.write(`${values['json'] ? jsonText(event) : describeEvent(event)}\n`)
    }
    return EXIT.ok
  },
}
