/** `baton brake`: what is typed becomes a target, and what the place of the brakes says becomes words. */
import type { BrakeTarget } from '../../api/brakes.ts'
import type { BrakeState } from '../../brake/brake.ts'
import { releaseCommand, scopeWords } from '../../brake/brake-words.ts'
import { InvalidRequest } from '../../errors.ts'
import { openBrakePlace } from '../brake-place.ts'
import { resumeEach, runsStoppedBy } from '../braked-runs.ts'
import { type Command, EXIT, JSON_OPTION, type Parsed } from '../command.ts'
import { jsonText, plural, printable, table } from '../format.ts'
import { placeWords } from '../place-words.ts'
import { REMOTE_OPTIONS, remoteTarget } from '../remote/remote-target.ts'
import { DATA_OPTION, hasData, MODEL_OPTION, text } from '../session.ts'

/** `baton brake [on|off]` */
export const brake: Command = {
  name: 'brake',
  summary: 'Stops an agent, a workflow, a team or everything for now; lists and releases what is stopped so.',
  usage: '[on --agent NAME | --workflow NAME | --team | --fleet --reason TEXT] [off … [--resume]]',
  details: [
    'Under a brake no run starts or resumes, and what runs stops before its next turn or tools. It can take two',
    'seconds to be seen everywhere. Nothing in flight is thrown away: `baton resume RUN`, or `off … --resume`, goes',
    'on where it was. A run that waits for a person goes on waiting: the brake shows at its next turn. A step with',
    '`otherwise` takes that.',
  ].join('\n'),
  positionals: 1,
  options: async () => ({
    agent: { type: 'string', hint: 'NAME', description: 'One agent, in whichever workflow' },
    workflow: { type: 'string', hint: 'NAME', description: 'One workflow, also as a part of others' },
    team: { type: 'boolean', description: 'The whole team' },
    fleet: { type: 'boolean', description: 'Every team that is kept in the same records' },
    reason: { type: 'string', hint: 'TEXT', description: 'Why, for whoever finds it' },
    resume: { type: 'boolean', description: 'With off: go on with the runs that this brake stopped' },
    file: { type: 'string', hint: 'FILE', description: 'The team file. Default: the newest run’s, or the usual one' },
    ...MODEL_OPTION,
    ...DATA_OPTION,
    ...REMOTE_OPTIONS,
    ...JSON_OPTION,
  }),
  async run({ values, positionals: [verb] }) {
    const target = verb === undefined ? undefined : targetOf(values)
    if (verb === undefined) return list(values)
    if (verb === 'on' && target !== undefined) return set(target, values)
    if (verb === 'off' && target !== undefined) return release(target, values)
    throw new InvalidRequest({ message: `${JSON.stringify(verb)} is neither on nor off`, next: 'baton brake --help' })
  },
}

/** @throws InvalidRequest unless exactly one is named. */
function targetOf(values: Parsed['values']): BrakeTarget {
  const targets: BrakeTarget[] = [
    ...(['agent', 'workflow'] as const).flatMap((of) => {
      const name = text(values, of)
      return name === undefined ? [] : [{ of, name }]
    }),
    ...(['team', 'fleet'] as const).flatMap((of) => (values[of] === true ? [{ of }] : [])),
  ]
  const [target] = targets
  if (target !== undefined && targets.length === 1) return target
  throw new InvalidRequest({
    message: target === undefined ? 'What is to be braked is not said' : 'A brake is for one thing at a time',
    next: 'Give one of: --agent NAME, --workflow NAME, --team, --fleet.',
  })
}

async function list(values: Parsed['values']): Promise<number> {
  const isNothing = remoteTarget(values) === undefined && !hasData(values)
  const brakes = isNothing ? [] : await openBrakePlace(values, true).brakes.list()
  if (values['json']) process.stdout.write(`${jsonText({ brakes })}\n`)
  else if (brakes.length === 0) process.stdout.write('No brake is on.\n')
  else process.stdout.write(`${table([['brake', 'set by', 'since (UTC)', 'reason'], ...brakes.map(row)])}\n`)
  return EXIT.ok
}

function row({ scope, by, at, reason }: BrakeState): readonly string[] {
  return [scopeWords(scope), printable(by), at.slice(0, 19).replace('T', ' '), printable(reason)]
}

async function set(target: BrakeTarget, values: Parsed['values']): Promise<number> {
  const change = await openBrakePlace(values, false).brakes.set(target, text(values, 'reason') ?? '')
  if (values['json']) process.stdout.write(`${jsonText(change)}\n`)
  else if (change.brake !== undefined) {
    const { scope, by, reason } = change.brake
    const words = change.isNew
      ? `is on for ${scopeWords(scope)}`
      : `was on already for ${scopeWords(scope)}: ${by} has set it: ${reason}`
    process.stdout.write(`The brake ${printable(words)}.\nRelease it: ${releaseCommand(scope)}${placeWords(values)}\n`)
  }
  return EXIT.ok
}

async function release(target: BrakeTarget, values: Parsed['values']): Promise<number> {
  const { brakes, place, resume, close } = openBrakePlace(values, true)
  const json = values['json'] === true
  const say = (line: string) => (json ? process.stderr : process.stdout).write(`${printable(line)}\n`)
  try {
    const change = await brakes.release(target)
    if (json) process.stdout.write(`${jsonText(change)}\n`)
    if (change.brake === undefined) {
      if (!json) say('That brake is not on.')
      return EXIT.ok
    }
    if (!json) say(`The brake is released for ${scopeWords(change.brake.scope)}.`)
    const runs = await runsStoppedBy(change.brake, place.runs)
    if (values['resume'] === true) return (await resumeEach(runs, resume, say)) === 0 ? EXIT.ok : EXIT.runFailed
    for (const { runId } of runs.slice(0, LISTED)) say(`It stopped run ${runId}: baton resume ${runId}${place.words}`)
    if (runs.length > LISTED) say(`… and ${plural(runs.length - LISTED, 'more run')}`)
    return EXIT.ok
  } finally {
    await close()
  }
}
const LISTED = 10
