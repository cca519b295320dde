import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { jsonText } from '../format.ts'
import { versionsText } from '../released/version-words.ts'
import { openVersions, VERSIONS_OPTIONS } from '../released/versions-place.ts'

/** `baton versions` */
export const versions: Command = {
  name: 'versions',
  summary: 'Lists the versions and releases of a team, which release starts take, and who changed that why.',
  usage: '[--name NAME | --team FILE | --outputs FILE | --endpoint URL]',
  positionals: 0,
  options: async () => ({ ...VERSIONS_OPTIONS, ...JSON_OPTION }),
  async run({ values }) {
    const view = await (await openVersions(values)).versions()
    process.stdout.write(`${values['json'] === true ? jsonText(view) : versionsText(view)}\n`)
    return EXIT.ok
  },
}
