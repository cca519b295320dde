import { listRuns } from '../../api/read-run.ts'
import { InvalidRequest } from '../../errors.ts'
import { type Command, EXIT, JSON_OPTION, type Parsed } from '../command.ts'
import { dataFolder } from '../data-folder.ts'
import { clip, formatDuration, formatUsd, jsonText, printable, table } from '../format.ts'
import { placeWords } from '../place-words.ts'
import { DATA_OPTION, hasData, openData, text } from '../session.ts'

/** `baton runs` */
export const runs: Command = {
  name: 'runs',
  summary: 'Lists the runs in the data folder, newest first.',
  usage: '[--limit N] [--after CURSOR]',
  positionals: 0,
  options: async () => ({
    limit: { type: 'string', hint: 'N', description: 'Runs at most, 1 to 1000. Default: 20' },
    after: { type: 'string', hint: 'CURSOR', description: 'Go on where a page ended' },
    ...DATA_OPTION,
    ...JSON_OPTION,
  }),
  async run({ values }) {
    const limit = limitOf(text(values, 'limit') ?? '20')
    const after = text(values, 'after')
    const page = await pageOf(values, { limit, ...(after === undefined ? {} : { after }) })
    if (values['json']) {
      process.stdout.write(`${jsonText(page)}\n`)
      return EXIT.ok
    }
    if (page.runs.length === 0) {
      process.stdout.write(`No runs in ${printable(dataFolder(values))}. Start one: baton run --help\n`)
      return EXIT.ok
    }
    const rows = page.runs.map((run) => [
      run.runId,
      run.status,
      `${run.team}/${run.workflow}`,
      run.startedAt.slice(0, 19).replace('T', ' '),
      run.endedAt ? formatDuration(Date.parse(run.endedAt) - Date.parse(run.startedAt)) : '',
      run.usage ? formatUsd(run.usage.costUsd) : '',
      clip(run.error?.message ?? '', 60),
    ])
    process.stdout.write(`${table([['run', 'status', 'workflow', 'started (UTC)', 'took', 'cost', ''], ...rows])}\n`)
    if (page.next !== undefined) process.stdout.write(`More: baton runs --after '${page.next}'${placeWords(values)}\n`)
    return EXIT.ok
  },
}

async function pageOf(values: Parsed['values'], options: Parameters<typeof listRuns>[0]): ReturnType<typeof listRuns> {
  if (!hasData(values)) return { runs: [] }
  return listRuns(options, openData(values).reading)
}

function limitOf(word: string): number {
  const limit = Number(word)
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1_000) return limit
  throw new InvalidRequest({
    message: `--limit is ${JSON.stringify(word)}`,
    next: 'Give a whole number from 1 to 1000.',
  })
}
