import { InvalidRequest } from '../../errors.ts'
import type { Run } from '../../schema/run.ts'
import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { dataFolder } from '../data-folder.ts'
import { clip, formatDuration, formatUsd, jsonText, printable, table } from '../format.ts'
import { openPlace } from '../place.ts'
import { placeWords, shellWord } from '../place-words.ts'
import { REMOTE_OPTIONS, remoteTarget } from '../remote/remote-target.ts'
import { DATA_OPTION, hasData, text } from '../session.ts'

/** `baton runs` */
export const runs: Command = {
  name: 'runs',
  summary: 'Lists the runs in the data folder, or those of a deployed team, newest first.',
  usage: '[--limit N] [--after CURSOR]',
  positionals: 0,
  options: async () => ({
    limit: { type: 'string', hint: 'N', description: 'Runs at most, 1 to 1000. Default: 20' },
    after: { type: 'string', hint: 'CURSOR', description: 'Go on where a page ended' },
    ...DATA_OPTION,
    ...REMOTE_OPTIONS,
    ...JSON_OPTION,
  }),
  async run({ values }) {
    const limit = limitOf(text(values, 'limit') ?? '20')
    const after = text(values, 'after')
    const target = remoteTarget(values)
    // A folder that is not there holds no runs; `openPlace` is for verbs that name one.
    const place = target !== undefined || hasData(values) ? await openPlace(values) : undefined
    const page = (await place?.runs.list({ limit, ...(after === undefined ? {} : { after }) })) ?? { runs: [] }
    if (values['json']) {
      process.stdout.write(`${jsonText(page)}\n`)
      return EXIT.ok
    }
    if (page.runs.length === 0) {
      process.stdout.write(`No runs in ${printable(place?.name ?? dataFolder(values))}. Start one: baton run --help\n`)
      return EXIT.ok
    }
    const withReleases = page.runs.some(({ release }) => release !== undefined)
    const head = [
      'run',
      'status',
      'workflow',
      'started (UTC)',
      'took',
      'cost',
      ...(withReleases ? ['release'] : []),
      '',
    ]
    const rows = page.runs.map((run) => [
      run.runId,
      run.status,
      `${run.team}/${run.workflow}`,
      run.startedAt.slice(0, 19).replace('T', ' '),
      run.endedAt ? formatDuration(Date.parse(run.endedAt) - Date.parse(run.startedAt)) : '',
      run.usage ? formatUsd(run.usage.costUsd) : '',
      ...(withReleases ? [releaseWord(run)] : []),
      clip(run.error?.message ?? '', 60),
    ])
    process.stdout.write(`${table([head, ...rows])}\n`)
    if (page.next !== undefined) {
      const after = printable(shellWord(page.next))
      process.stdout.write(`More: baton runs --after ${after}${placeWords(values)}\n`)
    }
    return EXIT.ok
  },
}

function releaseWord({ release }: Run): string {
  if (release === undefined) return ''
  return release.arm === 'canary' ? `${release.sequence} canary` : String(release.sequence)
}

function limitOf(word: string): number {
  const limit = Number(word)
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1_000) return limit
  throw new InvalidRequest({
    message: `--limit is ${JSON.stringify(word)}`,
    next: 'Give a whole number from 1 to 1000.',
  })
}
