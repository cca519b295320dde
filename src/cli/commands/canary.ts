import type { CanaryRequest } from '../../api/versions.ts'
import { InvalidRequest } from '../../errors.ts'
import type { Guard } from '../../schema/versions.ts'
import { type Command, EXIT, JSON_OPTION, type Parsed } from '../command.ts'
import { jsonText } from '../format.ts'
import { amount, scoreBound, wholeNumber } from '../released/read-words.ts'
import { moveWords } from '../released/version-words.ts'
import { openVersions, VERSIONS_OPTIONS } from '../released/versions-place.ts'
import { text } from '../session.ts'

/** `baton canary start|promote|stop` */
export const canary: Command = {
  name: 'canary',
  summary: 'Has a share of starts take another release; then gives it all starts, or none again.',
  usage: 'start --release N --percent P --reason TEXT [guards] | promote --reason TEXT | stop --reason TEXT',
  details: [
    'Which of the two a run takes is drawn once, when it starts, and is the same for the same run. A canary whose guard is',
    'broken stops by itself: the means of its ended runs are held against the bounds after --min-runs of them.',
    '`baton versions` shows the counts.',
  ].join('\n'),
  positionals: 1,
  options: async () => ({
    release: { type: 'string', hint: 'N', description: 'Which release is tried' },
    percent: { type: 'string', hint: 'P', description: 'Of starts, 1 to 99' },
    'max-errors': { type: 'string', hint: 'SHARE', description: 'Failed runs at most, 0 to 1' },
    'max-cost': { type: 'string', hint: 'USD', description: 'Mean cost of a run at most' },
    'min-score': { type: 'string', hint: 'FIELD>=N', description: 'Mean of a number in the output at least' },
    'min-runs': { type: 'string', hint: 'N', description: 'Ended runs before it is judged. Default: 20' },
    reason: { type: 'string', hint: 'TEXT', description: 'Why, for whoever finds it' },
    ...VERSIONS_OPTIONS,
    ...JSON_OPTION,
  }),
  async run({ values, positionals: [action] }) {
    const request = requestOf(action, values)
    const move = await (await openVersions(values)).changeCanary(request)
    process.stdout.write(`${values['json'] === true ? jsonText(move) : `${moveWords(move)}.`}\n`)
    return EXIT.ok
  },
}

const ONLY_TO_START = ['release', 'percent', 'max-errors', 'max-cost', 'min-score', 'min-runs']

function requestOf(action: string | undefined, values: Parsed['values']): CanaryRequest {
  const reason = text(values, 'reason') ?? ''
  if (action === 'promote' || action === 'stop') {
    const given = ONLY_TO_START.find((name) => values[name] !== undefined)
    if (given === undefined) return { action, reason }
    throw new InvalidRequest({
      message: `--${given} is for canary start`,
      next: `Leave it out to ${action} the canary.`,
    })
  }
  if (action !== 'start') {
    throw new InvalidRequest({
      message: `${JSON.stringify(action ?? '')} is none of start, promote, stop`,
      next: 'baton canary --help',
    })
  }
  const [release, percent] = [text(values, 'release'), text(values, 'percent')]
  const guard = guardOf(values)
  return {
    ...{ action, reason },
    ...(release === undefined ? {} : { release: wholeNumber('--release', release) }),
    ...(percent === undefined ? {} : { percent: wholeNumber('--percent', percent, 99) }),
    ...(guard === undefined ? {} : { guard }),
  }
}

const MIN_RUNS = 20

function guardOf(values: Parsed['values']): Guard | undefined {
  const [errors, cost, score] = ['max-errors', 'max-cost', 'min-score'].map((name) => text(values, name))
  const minRuns = text(values, 'min-runs')
  if (errors === undefined && cost === undefined && score === undefined) {
    if (minRuns === undefined) return undefined
    throw new InvalidRequest({
      message: '--min-runs says when a canary is judged, and nothing says by what',
      next: 'Add --max-errors, --max-cost or --min-score.',
    })
  }
  return {
    minRuns: minRuns === undefined ? MIN_RUNS : wholeNumber('--min-runs', minRuns),
    ...(errors === undefined ? {} : { errorRate: amount('--max-errors', errors, 1) }),
    ...(cost === undefined ? {} : { costUsd: amount('--max-cost', cost) }),
    ...(score === undefined ? {} : { score: scoreBound('--min-score', score) }),
  }
}
