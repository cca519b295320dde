/** `baton budget`: how the budgets of a run stand, level by level, and how a person raises one. */
import type { Amount, BudgetLevel, BudgetLimits, BudgetView } from '../../schema/budget.ts'
import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { jsonText, table } from '../format.ts'
import { openPlace, runIdOf } from '../place.ts'
import { readLimits } from '../read-limits.ts'
import { REMOTE_OPTIONS } from '../remote/remote-target.ts'
import { DATA_OPTION, TEAM_OPTION, text } from '../session.ts'

/** Of a run with very many steps, those that tell most. */
const MOST_STEPS = 40

/** `baton budget RUN` */
export const budget: Command = {
  name: 'budget',
  summary: 'Shows what a run may use, has used and has handed out, from its team down to its steps, or raises it.',
  usage: 'RUN [--raise LIMITS]',
  details:
    'LIMITS is what it may use in all: 5 for dollars, or costUsd=5,tokens=100000,turns=40,toolCalls=100. The same again changes nothing.\nA run that had stopped goes on with `baton resume`.',
  positionals: 1,
  options: async () => ({
    raise: { type: 'string', hint: 'LIMITS', description: 'New limits, higher than they are' },
    path: { type: 'string', hint: 'PATH', description: 'Of which child workflow, as shown. Default: the run itself' },
    ...TEAM_OPTION,
    ...DATA_OPTION,
    ...REMOTE_OPTIONS,
    ...JSON_OPTION,
  }),
  async run({ values, positionals }) {
    const raise = text(values, 'raise')
    const to = raise === undefined ? undefined : readLimits(raise, '--raise')
    const place = await openPlace(values)
    const runId = await runIdOf(positionals[0], place)
    const path = text(values, 'path')
    const view =
      to === undefined
        ? await place.runs.budget(runId)
        : await place.runs.raiseBudget(runId, { to, ...(path !== undefined && { path }) })
    process.stdout.write(values['json'] ? `${jsonText(view)}\n` : `${render(view, path).join('\n')}\n`)
    if (to !== undefined && !values['json'] && view.status !== 'running') {
      process.stdout.write(`\nGo on: baton resume ${runId}${place.words}\n`)
    }
    return EXIT.ok
  },
}

/** @param path Only that workflow and what is below it. */
function render({ runId, status, team, run, workflows, steps }: BudgetView, path = ''): string[] {
  const shown = steps.filter(({ stepId }) => stepId.startsWith(path))
  const told = shown.slice(-MOST_STEPS)
  return [
    ...(team
      ? [
          `team ${team.name}, ${team.per} ${team.period}: ${usd(team.limitUsd)} limit, ${usd(team.spentUsd)} spent, ${usd(team.openUsd)} set aside for runs, ${usd(team.leftUsd)} left`,
        ]
      : []),
    `run ${runId}  ${status}${run.limit === undefined ? '  (no budget of its own)' : ''}`,
    ...levelLines(run).map((line) => `  ${line}`),
    ...(run.worstCase ? [`  worst case by the agents' limits: ${amountText(run.worstCase)}`] : []),
    ...workflows
      .filter((workflow) => workflow.path.startsWith(path))
      .flatMap((workflow) => [`workflow ${workflow.path}`, ...levelLines(workflow).map((line) => `  ${line}`)]),
    ...(told.length < shown.length ? [`${shown.length - told.length} steps before these: --json tells all`] : []),
    ...(told.length === 0 ? [] : ['', table([HEAD, ...told.map(stepRow)])]),
  ]
}

const HEAD = ['step', 'agent', 'status', 'cost', 'tokens', 'turns', 'tools', 'set aside', 'in hand', 'lost']

/** Spent, of its own limit. */
function stepRow({
  stepId,
  agent,
  status,
  spent,
  limit = {},
  reserved,
  open,
  lost,
}: BudgetView['steps'][number]): string[] {
  const of = (counted: keyof Amount) =>
    [spent[counted], limit[counted]]
      .filter((amount) => amount !== undefined)
      .map((amount) => (counted === 'costUsd' ? usd(amount) : String(amount)))
      .join(' / ')
  return [stepId, agent, status, ...COUNTED.map(of), ...[reserved, open, lost].map(briefly)]
}

/** Money and tokens tell enough. */
function briefly({ costUsd, tokens }: Amount): string {
  const parts = [...(costUsd === 0 ? [] : [usd(costUsd)]), ...(tokens === 0 ? [] : [`${tokens} tokens`])]
  return parts.join(', ')
}

const COUNTED: readonly (keyof Amount)[] = ['costUsd', 'tokens', 'turns', 'toolCalls']

function levelLines({ limit, spent, open, left, lost }: Omit<BudgetLevel, 'path'>): string[] {
  return COUNTED.map((counted) => {
    const facts = [
      ...some(limit?.[counted], counted, 'limit'),
      fact(spent[counted], counted, 'spent'),
      ...some(open[counted] || undefined, counted, 'handed out'),
      ...some(left[counted], counted, 'left'),
      ...some(lost[counted] || undefined, counted, 'of what is spent lost: answers that were never recorded'),
    ]
    return `${counted.padEnd(9)} ${facts.join(', ')}`
  })
}

function some(amount: number | undefined, counted: keyof Amount, what: string): string[] {
  return amount === undefined ? [] : [fact(amount, counted, what)]
}

function fact(amount: number, counted: keyof Amount, what: string): string {
  return `${counted === 'costUsd' ? usd(amount) : amount} ${what}`
}

function amountText(amount: Partial<Amount> | BudgetLimits): string {
  return COUNTED.flatMap((counted) => some(amount[counted], counted, counted === 'costUsd' ? '' : counted))
    .map((part) => part.trim())
    .join(', ')
}

function usd(amount: number): string {
  return `$${Number(amount.toFixed(6))}`
}
