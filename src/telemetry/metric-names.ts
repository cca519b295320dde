/**
 * The metrics of a team, in the CloudWatch namespace `Baton`: what there is, in which unit, by which dimensions beside
 * `service` (the team). A run's id is never a dimension: each value of one is a metric that costs money.
 */

export const METRIC_NAMESPACE = 'Baton'

/** The dimension that every metric has: the team's name. Powertools calls it so. */
export const SERVICE = 'service'

export type MetricUnit = 'Count' | 'Milliseconds' | 'None'

export const METRIC_UNITS = {
  /** From the first to the last row of an attempt. Its sample count is the number of attempts. */
  StepLatency: 'Milliseconds',
  /** 0 or 1 an invocation: its sum is the number of failures, its average their rate. */
  StepErrors: 'Count',
  Turns: 'Count',
  InputTokens: 'Count',
  OutputTokens: 'Count',
  /** US dollars, of turns whose price is known. CloudWatch has no unit for money. */
  CostUsd: 'None',
  /** Turns whose price is not known. */
  UnknownCosts: 'Count',
  /** Model calls made again, and models that were passed over for the next. */
  Retries: 'Count',
  /** Attempts after a step's first: after a pause, a crash, a resume. */
  RepeatedAttempts: 'Count',
  DeniedCalls: 'Count',
  ToolErrors: 'Count',
  /** Effects of which nobody knows whether they happened. */
  UnknownEffects: 'Count',
  /** Calls that a model was kept from, as it is down: its breaker is open. */
  OpenBreakers: 'Count',
  /** Steps that ended as a budget above them was used up. */
  BudgetStops: 'Count',
  /** Steps that ended by a brake. */
  BrakedSteps: 'Count',
  /** Questions that agents put to people. */
  ApprovalRequests: 'Count',
  /** What came of them, and of the requests of workflows. */
  Approvals: 'Count',
  /** From the request to what came of it. */
  ApprovalWait: 'Milliseconds',
  /** The function's time was nearly up. */
  Continues: 'Count',
  /** Nothing could be done before a point in time. */
  Waits: 'Count',
  /** By name: of steps, tools and functions. */
  Errors: 'Count',
  Runs: 'Count',
  /** 0 or 1 a run that ended: failed, or out of time. */
  RunFailures: 'Count',
  RunDuration: 'Milliseconds',
  RunCostUsd: 'None',
  RunUnknownCosts: 'Count',
  /** Rows of the journal that were changed or removed, or do not follow from the one before. */
  AuditFaults: 'Count',
  /** Changes of which release starts take. */
  ReleaseMoves: 'Count',
  /** Canaries that their guard ended. */
  BrokenGuards: 'Count',
  RequestLatency: 'Milliseconds',
  ColdStart: 'Count',
} as const satisfies Readonly<Record<string, MetricUnit>>

export type MetricName = keyof typeof METRIC_UNITS

/** Dimensions beside `service`; each set of them is counted apart. */
export const METRIC_DIMENSIONS = {
  StepLatency: [['agent']],
  StepErrors: [[], ['agent']],
  Turns: [['agent']],
  InputTokens: [['agent']],
  OutputTokens: [['agent']],
  CostUsd: [['agent']],
  UnknownCosts: [['agent']],
  Retries: [['agent']],
  RepeatedAttempts: [['agent']],
  DeniedCalls: [[], ['agent']],
  ToolErrors: [['agent']],
  UnknownEffects: [[], ['agent']],
  OpenBreakers: [[]],
  BudgetStops: [['agent']],
  BrakedSteps: [['agent']],
  ApprovalRequests: [['agent']],
  Approvals: [['outcome']],
  ApprovalWait: [['outcome']],
  Continues: [['agent']],
  Waits: [['agent']],
  Errors: [['error']],
  Runs: [['status']],
  RunFailures: [[]],
  RunDuration: [['workflow']],
  RunCostUsd: [['workflow']],
  RunUnknownCosts: [['workflow']],
  AuditFaults: [[]],
  ReleaseMoves: [['move']],
  BrokenGuards: [[]],
  RequestLatency: [['operation']],
  ColdStart: [[]],
} as const satisfies Readonly<Record<MetricName, readonly (readonly string[])[]>>
