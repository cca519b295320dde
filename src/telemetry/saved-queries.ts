/**
 * Queries for CloudWatch Logs Insights over the log groups of a team's functions. They name fields by the constants that the
 * lines are written with. Lines without an `event` are metrics.
 */
import { EffectKind } from '../schema/tool-call.ts'
import { BATON, GENAI, PLACE } from './genai-names.ts'
import { INVOCATION_EVENT } from './invocation-log.ts'
import { OPEN_BREAKER_RULE, UNKNOWN_EFFECT } from './row-log.ts'
import { RUN_EVENT } from './run-end.ts'

export interface SavedQuery {
  /** What it answers. */
  readonly name: string
  readonly text: string
}

const { run, step, agent, attempt, seq, event, turn, status, rule, reason, hash } = PLACE

/** Of tools that change something. */
const EFFECTS = EffectKind.options.filter((effect) => effect !== 'read').map((effect) => `'${effect}'`)

export const SAVED_QUERIES: readonly SavedQuery[] = [
  {
    name: 'What each agent did in a run',
    text: lines(
      '# Put the id of the run in the place of RUN_ID.',
      `fields @timestamp, ${[agent, step, attempt, seq, event, turn].join(', ')}, ${field(GENAI.toolName)}, ${status}, ${rule}, ${reason}, ${field(GENAI.errorType)}, ${field(BATON.costUsd)}`,
      `filter ${run} = 'RUN_ID' and ispresent(${hash})`,
      `sort @timestamp asc, ${step} asc, ${seq} asc`,
      'limit 1000',
    ),
  },
  {
    name: 'Decisions of a run',
    text: lines(
      '# Put the id of the run in the place of RUN_ID.',
      `fields @timestamp, ${[step, agent, turn, event, rule, status].join(', ')}, ${field(GENAI.requestModel)}, ${field(GENAI.toolName)}, ${field(BATON.options)}, ${field(BATON.sources)}, ${field(BATON.approval)}, ${field(BATON.costUsd)}, ${hash}`,
      `filter ${run} = 'RUN_ID' and ${event} in ['turn', 'tool', 'rejection', 'decision', 'outcome', 'end']`,
      `sort @timestamp asc, ${step} asc, ${seq} asc`,
      'limit 10000',
    ),
  },
  {
    name: 'Effects of a run, and what allowed them',
    text: lines(
      '# Put the id of the run in the place of RUN_ID.',
      `fields @timestamp, ${[step, agent, turn].join(', ')}, ${field(GENAI.toolName)}, ${field(BATON.toolEffect)}, ${status}, ${rule}, ${field(BATON.approval)}, ${field(GENAI.toolCallId)}, ${hash}`,
      `filter ${run} = 'RUN_ID' and ${event} = 'tool' and ${field(BATON.toolEffect)} in [${EFFECTS.join(', ')}]`,
      'sort @timestamp asc',
      'limit 10000',
    ),
  },
  {
    name: 'Cost of a run by agent',
    text: lines(
      '# Put the id of the run in the place of RUN_ID.',
      `filter ${run} = 'RUN_ID' and ${event} = 'turn'`,
      `stats sum(${field(BATON.costUsd)}) as costUsd, sum(${field(BATON.costUnknown)}) as turnsOfUnknownCost, count(*) as turns by ${agent}, ${step}, ${field(GENAI.requestModel)}`,
      'sort costUsd desc',
    ),
  },
  {
    name: 'Rows of a run with their hashes',
    text: lines(
      '# Put the id of the run in the place of RUN_ID. What is logged has to be in the record, and the other way round.',
      `fields @timestamp, ${[step, attempt, seq, event, hash].join(', ')}`,
      `filter ${run} = 'RUN_ID' and ispresent(${hash})`,
      `sort ${step} asc, ${attempt} asc, ${seq} asc`,
      'limit 10000',
    ),
  },
  {
    name: 'Cost per run',
    text: lines(
      `filter ${event} = 'turn'`,
      `stats sum(${field(BATON.costUsd)}) as costUsd, sum(${field(BATON.costUnknown)}) as turnsOfUnknownCost, count(*) as turns, sum(${field(GENAI.inputTokens)}) as inputTokens, sum(${field(GENAI.outputTokens)}) as outputTokens by ${run}`,
      'sort costUsd desc',
      'limit 100',
    ),
  },
  {
    name: 'Cost per agent and model',
    text: lines(
      `filter ${event} = 'turn'`,
      `stats sum(${field(BATON.costUsd)}) as costUsd, sum(${field(BATON.costUnknown)}) as turnsOfUnknownCost, count(*) as turns, sum(${field(GENAI.inputTokens)}) as inputTokens, sum(${field(GENAI.outputTokens)}) as outputTokens by ${agent}, ${field(GENAI.requestModel)}`,
      'sort costUsd desc',
    ),
  },
  {
    name: 'Slowest agents',
    text: lines(
      `filter ${event} = '${INVOCATION_EVENT}' and ispresent(${agent})`,
      `stats pct(${field(BATON.durationMs)}, 99) as p99Ms, pct(${field(BATON.durationMs)}, 50) as p50Ms, max(${field(BATON.durationMs)}) as longestMs, count(*) as invocations by ${agent}`,
      'sort p99Ms desc',
    ),
  },
  {
    name: 'Denied calls',
    text: lines(
      `fields @timestamp, ${run}, ${step}, ${agent}, ${attempt}, ${turn}, ${rule}, ${field(GENAI.toolName)}, ${field(GENAI.toolCallId)}`,
      `filter ${event} = 'tool' and ${status} = 'denied'`,
      'sort @timestamp desc',
      'limit 1000',
    ),
  },
  {
    name: 'Errors by name',
    text: lines(
      `filter ispresent(${field(GENAI.errorType)})`,
      `stats count(*) as errors, count_distinct(${run}) as runs, max(@timestamp) as latest by ${field(GENAI.errorType)}, ${event}, ${agent}`,
      'sort errors desc',
    ),
  },
  {
    name: 'Effects that nobody knows of',
    text: lines(
      `fields @timestamp, ${run}, ${step}, ${agent}, ${turn}, ${field(GENAI.toolName)}, ${field(BATON.toolEffect)}, ${field(GENAI.toolCallId)}`,
      `filter ${event} = 'tool' and ${status} = '${UNKNOWN_EFFECT}'`,
      'sort @timestamp desc',
      'limit 1000',
    ),
  },
  {
    name: 'What people were asked, and decided',
    text: lines(
      `fields @timestamp, ${run}, ${step}, ${agent}, ${turn}, ${rule}, ${status}, ${field(BATON.approval)}`,
      `filter ${event} = 'decision' and ispresent(${field(BATON.approval)})`,
      'sort @timestamp desc',
      'limit 1000',
    ),
  },
  {
    name: 'Stops by budgets, brakes, loops and people',
    text: lines(
      `filter ${event} = 'outcome' and ${status} in ['budget', 'braked', 'loop', 'denied']`,
      `stats count(*) as steps, count_distinct(${run}) as runs, max(@timestamp) as latest by ${status}, ${agent}`,
      'sort steps desc',
    ),
  },
  {
    name: 'Retries and fallbacks of models',
    text: lines(
      `filter ${event} = 'decision' and ${rule} in ['model.retry', 'model.fallback', 'retryBudget', 'throttled', '${OPEN_BREAKER_RULE}']`,
      `stats count(*) as times, count_distinct(${run}) as runs by ${agent}, ${rule}, ${field(GENAI.errorType)}`,
      'sort times desc',
    ),
  },
  {
    name: 'How runs ended',
    text: lines(
      `fields @timestamp, ${run}, ${field(BATON.workflow)}, ${status}, ${field(GENAI.errorType)}, ${field(BATON.durationMs)}, ${field(BATON.runTurns)}, ${field(BATON.runCostUsd)}`,
      `filter ${event} = '${RUN_EVENT}'`,
      'sort @timestamp desc',
      'limit 1000',
    ),
  },
]

/** Names of letters, digits and dots stand as they are; others in backticks. */
function field(name: string): string {
  return /^[A-Za-z0-9.]+$/.test(name) ? name : `\`${name}\``
}

function lines(...given: readonly string[]): string {
  return given
    .map((line, index) =>
      index === 0 || line.startsWith('#') || given[index - 1]?.startsWith('#') ? line : `| ${line}`,
    )
    .join('\n')
}
