import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { jsonText } from '../format.ts'
import { wholeNumber } from '../released/read-words.ts'
import { moveWords } from '../released/version-words.ts'
import { openVersions, VERSIONS_OPTIONS } from '../released/versions-place.ts'
import { text } from '../session.ts'

/** `baton rollback` */
export const rollback: Command = {
  name: 'rollback',
  summary: 'Has starts take an earlier release, at once. A canary that is on ends. Nothing is built or deployed.',
  usage: '[--to N] --reason TEXT [--name NAME | --team FILE | --outputs FILE | --endpoint URL]',
  details: 'Runs that are going on, waiting or interrupted stay on the release that they began with.',
  positionals: 0,
  options: async () => ({
    to: { type: 'string', hint: 'N', description: 'The release. Default: the one that starts took before' },
    reason: { type: 'string', hint: 'TEXT', description: 'Why, for whoever finds it' },
    ...VERSIONS_OPTIONS,
    ...JSON_OPTION,
  }),
  async run({ values }) {
    const to = text(values, 'to')
    const request = {
      ...(to === undefined ? {} : { to: wholeNumber('--to', to) }),
      reason: text(values, 'reason') ?? '',
    }
    const move = await (await openVersions(values)).rollback(request)
    const line = `${moveWords(move)}. Runs that are going on stay on what they began with.`
    process.stdout.write(`${values['json'] === true ? jsonText(move) : line}\n`)
    return EXIT.ok
  },
}
