/** Which fields each state type may have here, and how a wrong one is named. Values: compile-program.ts. */

const COMMON = ['Type', 'Comment', 'QueryLanguage']
const FLOW = ['Next', 'End']
const DATA = ['Assign', 'Output']
const RECOVERY = ['Retry', 'Catch']

export const STATE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  Pass: [...COMMON, ...FLOW, ...DATA],
  Task: [...COMMON, ...FLOW, ...DATA, ...RECOVERY, 'Resource', 'Arguments', 'TimeoutSeconds', 'HeartbeatSeconds'],
  Choice: [...COMMON, ...DATA, 'Choices', 'Default'],
  Wait: [...COMMON, ...FLOW, ...DATA, 'Seconds', 'Timestamp'],
  Succeed: [...COMMON, 'Output'],
  Fail: [...COMMON, 'Error', 'Cause'],
  Parallel: [...COMMON, ...FLOW, ...DATA, ...RECOVERY, 'Branches', 'Arguments'],
  Map: [
    ...[...COMMON, ...FLOW, ...DATA, ...RECOVERY, 'ItemProcessor', 'Items', 'ItemSelector', 'MaxConcurrency'],
    ...['ToleratedFailureCount', 'ToleratedFailurePercentage', 'ItemBatcher', 'Label'],
  ],
}
export const MACHINE_FIELDS = ['StartAt', 'States', 'Comment']
export const TOP_FIELDS = [...MACHINE_FIELDS, 'QueryLanguage', 'TimeoutSeconds', 'Version']
export const RULE_FIELDS = ['Condition', 'Next', 'Assign', 'Output', 'Comment']
export const CATCHER_FIELDS = ['ErrorEquals', 'Next', 'Assign', 'Output', 'Comment']
export const RETRIER_FIELDS = [
  ...['ErrorEquals', 'IntervalSeconds', 'MaxAttempts', 'BackoffRate', 'MaxDelaySeconds', 'JitterStrategy', 'Comment'],
]
export const BATCHER_FIELDS = ['MaxItemsPerBatch', 'MaxInputBytesPerBatch', 'BatchInput', 'Comment']

/** States that mean the same in either language while they use no field of the JSONPath dialect. */
export const LANGUAGE_FREE_TYPES = ['Pass', 'Succeed', 'Fail', 'Wait']

const JSONPATH_FIELDS = [
  ...['InputPath', 'OutputPath', 'ResultPath', 'ResultSelector', 'Parameters', 'Result', 'ItemsPath', 'SecondsPath'],
  ...['TimestampPath', 'TimeoutSecondsPath', 'HeartbeatSecondsPath', 'MaxConcurrencyPath', 'ErrorPath', 'CausePath'],
  ...['ToleratedFailureCountPath', 'ToleratedFailurePercentagePath', 'MaxItemsPerBatchPath', 'Variable'],
  ...['MaxInputBytesPerBatchPath', 'And', 'Or', 'Not'],
]
const NOT_YET: Readonly<Record<string, string>> = {
  ItemReader: 'pass the items in through Items',
  ResultWriter: 'keep large results as references in the items',
  Credentials: 'calls are made with the rights of the host',
  Iterator: 'use ItemProcessor',
}

/** Why a field is refused. */
export function refusal(field: string, fits: string): string {
  if (JSONPATH_FIELDS.includes(field)) {
    return `The field '${field}' belongs to the JSONPath dialect, which is not supported: write the state in JSONata`
  }
  const instead = NOT_YET[field]
  if (instead !== undefined) return `The field '${field}' is not supported: ${instead}`
  return `The field '${field}' is not known for ${fits}`
}
