/** `baton fork`: plans what is taken over, says it, then runs the rest here. */
import { InvalidRequest } from '../../errors.ts'
import { type ForkPlan, planFork } from '../../replay/plan-fork.ts'
import { StepId } from '../../schema/ids.ts'
import type { ForkSet, Run } from '../../schema/run.ts'
import { announceModel } from '../announce-model.ts'
import { principalHere } from '../approvals-here.ts'
import { type Command, JSON_OPTION } from '../command.ts'
import { forkSetOf, setLines } from '../fork-set.ts'
import { plural, printable } from '../format.ts'
import { localPlace } from '../local-place.ts'
import { runIdOf } from '../place.ts'
import { placeWords } from '../place-words.ts'
import { recordingHere } from '../recordings.ts'
import { REMOTE_OPTIONS, remoteTarget } from '../remote/remote-target.ts'
import {
  activeModel,
  DATA_OPTION,
  hostOf,
  MODEL_OPTION,
  openExistingData,
  TEAM_OPTION,
  teamOf,
  text,
} from '../session.ts'
import { watchHere } from '../watch-here.ts'

/** `baton fork RUN --at STEP` */
export const fork: Command = {
  name: 'fork',
  summary:
    'Starts a new run that takes over what the steps before STEP gave, and goes on from there with something changed.',
  usage: 'RUN --at STEP [--set NAME=VALUE …] [--agent NAME …]',
  details:
    'What may be set: model=ID, instructions=TEXT|@FILE (or prompt=), temperature=N, maxTokens=N, limits.NAME=N, of the agent at STEP or of those that --agent names; input=JSON|@FILE, merged into the input of STEP.\nSteps that are taken over cost nothing and are not done again. STEP and what follows runs anew: tools with effects act again, as calls of the new run, and people are asked again.\nOnly for runs of this machine: in an account, roles hold agents to the models that their team declares.',
  positionals: 1,
  options: async () => ({
    at: { type: 'string', hint: 'STEP', description: 'The step to begin at, as `baton show` names it' },
    set: { type: 'string', multiple: true, hint: 'NAME=VALUE', description: 'What is changed; may be given often' },
    agent: {
      type: 'string',
      multiple: true,
      hint: 'NAME',
      description: 'Whose setting it is. Default: the agent at STEP',
    },
    budget: { type: 'string', hint: 'LIMITS', description: "What the run may use at most. Default: the origin's" },
    ...TEAM_OPTION,
    ...MODEL_OPTION,
    ...DATA_OPTION,
    ...REMOTE_OPTIONS,
    ...JSON_OPTION,
  }),
  async run({ values, positionals, lists = {} }) {
    refuseElsewhere(remoteTarget(values) !== undefined)
    const data = openExistingData(values)
    const place = localPlace(data, values)
    const { recording } = await recordingHere(await runIdOf(positionals[0], place), data, place)
    const { run: origin } = recording
    const stepId = stepOf(text(values, 'at'))
    const { team, file } = await teamOf(origin, values, data.stores)
    const plan = await planFork(recording, team, stepId)
    const at = recording.rows.find((row) => row.stepId === stepId && row.actor !== undefined)?.actor?.agent
    const own = team.agents.filter(({ name }) => name === at).map(({ name }) => name as string)
    const set = forkSetOf(lists['set'] ?? [], lists['agent'] ?? own)
    const budget = text(values, 'budget')
    const limits =
      budget === undefined ? {} : { budget: (await import('../read-limits.ts')).readLimits(budget, '--budget') }
    const model = await activeModel(values)
    const json = values['json'] === true
    const { stores } = data
    if (!json) process.stderr.write(`${announce(origin, stepId, set, plan)}\n`)
    const host = hostOf(team, file, model, stores)
    return watchHere({ host, stores, team, json, words: placeWords(values) }, async () => {
      const caller = principalHere()
      const hosted = await host.fork({ runId: origin.runId, stepId, set, kept: plan.kept, caller, ...limits })
      if (!json) announceModel(model)
      return hosted
    })
  },
}

function refuseElsewhere(isElsewhere: boolean): void {
  if (!isElsewhere) return
  throw new InvalidRequest({
    message:
      'A run that is elsewhere cannot be forked: there, roles hold agents to the models that their team declares',
    next: 'Change the team file and start a new run, or try it on this machine with runs of --data DIR.',
  })
}

function stepOf(word: string | undefined): StepId {
  const parsed = StepId.safeParse(word)
  if (parsed.success) return parsed.data
  const message = word === undefined ? 'Where does the fork begin?' : `${JSON.stringify(word)} is no id of a step`
  throw new InvalidRequest({ message, next: 'Name a step as `baton show RUN --steps` does: --at STEP' })
}

/** Steps named in one line. */
const MOST_NAMED = 8

/** What will happen, before it does. */
function announce({ runId }: Run, at: StepId, set: ForkSet, { kept, anew }: ForkPlan): string {
  const acting = anew.filter(({ effects }) => effects > 0)
  const people = anew.filter(({ kind }) => kind === 'people')
  const effects = acting.reduce((sum, one) => sum + one.effects, 0)
  const lines = setLines(set)
  return printable(
    [
      `fork of run ${runId} at ${at}`,
      `kept     ${plural(kept.length, 'step')}, at no cost${named(kept)}`,
      `anew     ${plural(anew.length, 'step')}${named(anew)}`,
      ...(lines.length === 0 ? ['changed  nothing: the same is asked again'] : lines.map((line) => `changed  ${line}`)),
      ...(effects === 0
        ? []
        : [
            `acts     ${plural(effects, 'call')} with effects then${named(acting)}: they may be made again, as new calls`,
          ]),
      ...(people.length === 0 ? [] : [`asks     people again${named(people)}`]),
    ].join('\n'),
  )
}

function named(steps: readonly { readonly stepId: StepId }[]): string {
  if (steps.length === 0) return ''
  const names = steps.slice(0, MOST_NAMED).map(({ stepId }) => stepId)
  return `: ${names.join(', ')}${steps.length > MOST_NAMED ? `, and ${steps.length - MOST_NAMED} more` : ''}`
}
