import type { Team } from '../../define/team.ts'
import { bounds, type WorkflowBounds } from '../../workflow/bounds.ts'
import { type Waiver, waiverLine, waiversOf } from '../../workflow/waivers.ts'
import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { formatDuration, formatTokens, formatUsd, jsonText, table } from '../format.ts'
import { loadTeam } from '../load-team.ts'
import { activeModel, MODEL_OPTION, TEAM_OPTION, text } from '../session.ts'

/** `baton plan` */
export const plan: Command = {
  name: 'plan',
  summary: 'Prints the worst case of each workflow before anything runs: model calls, transitions, seconds, dollars.',
  usage: '[--team FILE] [--model MODEL]',
  details:
    'Every branch taken, every bound reached. Model calls count every try for each answer, fallbacks included. Dollars at the prices of the chosen model, within the agents’ own limits.',
  positionals: 0,
  options: async () => ({ ...TEAM_OPTION, ...MODEL_OPTION, ...JSON_OPTION }),
  async run({ values }) {
    const { team } = await loadTeam(text(values, 'team'))
    const { model, prices } = await activeModel(values)
    const all = bounds(team, (modelId) => {
      const price = prices.priceOf(model.provider, model.fixedModelId ?? modelId)?.price
      return price && { inputPerMillion: price.inputPerMillionUsd, outputPerMillion: price.outputPerMillionUsd }
    })
    const worst = all.map((workflow) => ({ ...workflow, ...waivedIn(team, workflow) }))
    if (values['json']) process.stdout.write(`${jsonText(worst)}\n`)
    else process.stdout.write(`${worst.map((workflow) => describe(workflow, model.provider)).join('\n\n')}\n`)
    return EXIT.ok
  },
}

interface Waived {
  /** What agents of the workflow are allowed beside the rules. Absent: nothing. */
  readonly waived?: readonly Waiver[]
}

function waivedIn(team: Team, { perStep }: WorkflowBounds): Waived {
  const waived = waiversOf(team).filter((waiver) => perStep.some(({ agent }) => agent === waiver.agent))
  return waived.length === 0 ? {} : { waived }
}

function askedLine({ step, what, roles, quorum, seconds, onExpiry }: WorkflowBounds['people'][number]): string {
  const who = roles.length === 0 ? 'anybody' : roles.join(' or ')
  const many = quorum === 1 ? who : `${quorum} of ${who}`
  const late = onExpiry === 'deny' ? 'denied' : 'approved'
  return `${step}: ${what} asks ${many}; ${late} after ${formatDuration(seconds * 1_000)}`
}

function describe(workflow: WorkflowBounds & Waived, provider: string): string {
  const row = (name: string, agent: string, b: WorkflowBounds | WorkflowBounds['perStep'][number]) => [
    name,
    agent,
    String(b.steps),
    String(b.answers),
    String(b.modelCalls),
    String(b.toolCalls),
    formatTokens(b.tokens),
    formatUsd(b.costUsd),
    b.seconds === null ? 'open' : formatDuration(b.seconds * 1_000),
  ]
  const head = ['step', 'agent', 'runs', 'answers', 'model calls', 'tool calls', 'tokens', 'cost', 'time']
  const rows = workflow.perStep.map((step) => row(step.step, step.agent, step))
  return [
    `${workflow.workflow}, at worst, with model ${provider}`,
    table([head, ...rows, row('all', '', workflow)]),
    ...workflow.people.map(askedLine),
    ...(workflow.waived ?? []).map(waiverLine),
    `${workflow.transitions} state transitions; at most ${workflow.events} history events in one execution`,
  ].join('\n')
}
