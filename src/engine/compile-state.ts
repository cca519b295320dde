/** The fields of each state type, checked and compiled. */
import type { Json } from '../schema/json.ts'
import { BATCHER_FIELDS, CATCHER_FIELDS, RETRIER_FIELDS, RULE_FIELDS } from './asl-fields.ts'
import { compileInner, type StateParts } from './compile-program.ts'
import { type DefinitionReader, type NumberRange, numberFault } from './definition-reader.ts'
import { matchesResource } from './integrations/integration.ts'
import { DELAY_SECONDS, TIMEOUT_SECONDS, WAIT_SECONDS } from './limits.ts'
import type {
  Catcher,
  ChoiceState,
  FailState,
  ItemBatcher,
  MapState,
  ParallelState,
  PassState,
  Retrier,
  TaskState,
  WaitState,
} from './program.ts'
import type { Template } from './template.ts'
import { parseTimestamp } from './timestamp.ts'

type Base = Omit<PassState, 'type' | 'next'>

/** AWS's defaults of a retrier. */
const INTERVAL_SECONDS = 1
const MAX_ATTEMPTS = 3
const BACKOFF_RATE = 2

export function compileFail(base: Base, parts: StateParts): FailState {
  const error = textTemplate(parts, 'Error')
  return { ...base, type: 'Fail', next: undefined, error, cause: textTemplate(parts, 'Cause') }
}

export function compileWait(base: Base, parts: StateParts): WaitState {
  const { reader } = parts
  if (reader.has('Seconds') === reader.has('Timestamp')) {
    reader.refuse("A Wait state needs either 'Seconds' or 'Timestamp'")
  }
  const seconds = numberTemplate(parts, 'Seconds', { minimum: 0, maximum: WAIT_SECONDS })
  const timestamp = textTemplate(parts, 'Timestamp')
  if (timestamp?.kind === 'constant' && parseTimestamp(String(timestamp.value)) === undefined) {
    reader.refuse('String does not match RFC3339 timestamp', 'Timestamp')
  }
  return { ...base, type: 'Wait', next: parts.next(), seconds, timestamp }
}

export function compileChoice(base: Base, parts: StateParts): ChoiceState {
  const { reader } = parts
  const rules = reader.children('Choices').map((rule, i) => {
    rule.onlyFields(RULE_FIELDS, 'a rule of a Choice state')
    const prefix = `Choices[${i}]/`
    if (!rule.has('Condition')) rule.refuse('These fields are required: [Condition]')
    const condition = parts.compile(rule.get('Condition') ?? null, `${prefix}Condition`, rule)
    if (condition.kind !== 'expression' && typeof rule.get('Condition') !== 'boolean') {
      rule.refuse('A condition must be true, false or a JSONata expression', 'Condition')
    }
    const next = parts.target(rule, 'Next')
    return { condition, next, assign: parts.assign(rule, prefix), output: parts.template('Output', rule, prefix) }
  })
  if (rules.length === 0) reader.refuse('A Choice state needs at least one rule', 'Choices')
  const next = reader.has('Default') ? parts.target(reader, 'Default') : undefined
  return { ...base, type: 'Choice', next, rules }
}

export function compileTask(base: Base, parts: StateParts): TaskState {
  const { reader, scope } = parts
  const resource = reader.requiredText('Resource')
  const integration = scope.integrations.find((candidate) => matchesResource(candidate, resource))
  if (integration === undefined && resource !== '') {
    const known = scope.integrations.map((candidate) => candidate.resource)
    reader.refuse(`The resource '${resource}' is not supported here; these are: ${known.join(', ')}`, 'Resource')
  }
  if (integration?.fields !== undefined) checkArguments(reader, integration.fields)
  const [timeout, heartbeat] = [reader.get('TimeoutSeconds'), reader.get('HeartbeatSeconds')]
  if (typeof timeout === 'number' && typeof heartbeat === 'number' && heartbeat >= timeout) {
    reader.refuse(
      `HeartbeatSeconds (${heartbeat}) must be smaller than TimeoutSeconds (${timeout})`,
      'HeartbeatSeconds',
    )
  }
  const seconds = { minimum: 1, maximum: TIMEOUT_SECONDS }
  return {
    ...base,
    ...recovery(parts),
    type: 'Task',
    next: parts.next(),
    resource,
    integration: integration as TaskState['integration'],
    arguments: parts.template('Arguments'),
    timeoutSeconds: numberTemplate(parts, 'TimeoutSeconds', seconds),
    heartbeatSeconds: numberTemplate(parts, 'HeartbeatSeconds', seconds),
  }
}

function checkArguments(
  reader: DefinitionReader,
  { required, optional }: { readonly required: readonly string[]; readonly optional: readonly string[] },
): void {
  if (typeof reader.get('Arguments') === 'string') return
  const given = reader.requiredChild('Arguments')
  if (given === undefined) return
  const missing = required.filter((field) => !given.has(field))
  if (missing.length > 0) given.refuse(`These fields are required: [${missing.join(', ')}]`)
  given.onlyFields([...required, ...optional], 'this resource')
}

export function compileParallel(base: Base, parts: StateParts): ParallelState {
  const branches = parts.reader.children('Branches').map((branch) => compileInner(branch, parts.scope))
  if (branches.length === 0) parts.reader.refuse('A Parallel state needs at least one branch', 'Branches')
  return {
    ...base,
    ...recovery(parts),
    type: 'Parallel',
    next: parts.next(),
    branches,
    arguments: parts.template('Arguments'),
  }
}

export function compileMap(base: Base, parts: StateParts): MapState {
  const { reader } = parts
  const processor = reader.requiredChild('ItemProcessor')
  const config = processor?.child('ProcessorConfig')
  config?.onlyFields(['Mode', 'ExecutionType'], 'ProcessorConfig')
  if (config?.text('ExecutionType', ['STANDARD', 'EXPRESS']) === 'EXPRESS') {
    config.refuse('EXPRESS executions are not supported here: every child is a STANDARD one', 'ExecutionType')
  }
  const mode = (config?.text('Mode', ['INLINE', 'DISTRIBUTED']) ?? 'INLINE') as MapState['mode']
  if (mode === 'INLINE' && reader.has('ItemBatcher')) {
    reader.refuse("The field 'ItemBatcher' needs a ProcessorConfig with the Mode DISTRIBUTED", 'ItemBatcher')
  }
  const body = processor && compileInner(processor, parts.scope, mode === 'DISTRIBUTED')
  const items = parts.template('Items')
  if (items?.kind === 'constant' && !Array.isArray(items.value)) reader.refuse('Items must be an array', 'Items')
  return {
    ...base,
    ...recovery(parts),
    type: 'Map',
    next: parts.next(),
    mode,
    body: body ?? { startAt: '', states: new Map() },
    items,
    itemSelector: parts.template('ItemSelector'),
    maxConcurrency: numberTemplate(parts, 'MaxConcurrency', { minimum: 0 }),
    toleratedFailureCount: numberTemplate(parts, 'ToleratedFailureCount', { minimum: 0 }),
    toleratedFailurePercentage: numberTemplate(parts, 'ToleratedFailurePercentage', PERCENTAGE),
    batcher: compileBatcher(parts),
  }
}

const PERCENTAGE: NumberRange = { minimum: 0, maximum: 100, integer: false }

function compileBatcher(parts: StateParts): ItemBatcher | undefined {
  const reader = parts.reader.child('ItemBatcher')
  if (reader === undefined) return undefined
  reader.onlyFields(BATCHER_FIELDS, 'ItemBatcher')
  if (!reader.has('MaxItemsPerBatch') && !reader.has('MaxInputBytesPerBatch')) {
    reader.refuse("ItemBatcher needs 'MaxItemsPerBatch' or 'MaxInputBytesPerBatch'")
  }
  const prefix = 'ItemBatcher/'
  return {
    maxItems: numberTemplate(parts, 'MaxItemsPerBatch', { minimum: 1 }, reader, prefix),
    maxInputBytes: numberTemplate(parts, 'MaxInputBytesPerBatch', { minimum: 1, maximum: 262_144 }, reader, prefix),
    batchInput: parts.template('BatchInput', reader, prefix),
  }
}

function recovery(parts: StateParts): { retriers: Retrier[]; catchers: Catcher[] } {
  const retriers = parts.reader.children('Retry').map((retrier): Retrier => {
    retrier.onlyFields(RETRIER_FIELDS, 'a retrier')
    return {
      errors: errorNames(retrier),
      intervalSeconds: retrier.number('IntervalSeconds', { minimum: 1, maximum: TIMEOUT_SECONDS }) ?? INTERVAL_SECONDS,
      maxAttempts: retrier.number('MaxAttempts', { minimum: 0, maximum: TIMEOUT_SECONDS }) ?? MAX_ATTEMPTS,
      backoffRate: retrier.number('BackoffRate', { minimum: 1, integer: false }) ?? BACKOFF_RATE,
      maxDelaySeconds: retrier.number('MaxDelaySeconds', { minimum: 1, maximum: DELAY_SECONDS }),
      jitter: (retrier.text('JitterStrategy', ['FULL', 'NONE']) ?? 'NONE') as Retrier['jitter'],
    }
  })
  const catchers = parts.reader.children('Catch').map((catcher, i): Catcher => {
    catcher.onlyFields(CATCHER_FIELDS, 'a catcher')
    const prefix = `Catch[${i}]/`
    return {
      errors: errorNames(catcher),
      next: parts.target(catcher, 'Next'),
      assign: parts.assign(catcher, prefix),
      output: parts.template('Output', catcher, prefix),
    }
  })
  for (const [field, list] of [['Retry', retriers] as const, ['Catch', catchers] as const]) {
    const early = list.findIndex(({ errors }, i) => errors.includes('States.ALL') && i < list.length - 1)
    if (early >= 0) parts.reader.refuse('States.ALL must stand in the last one', `${field}[${early}]/ErrorEquals`)
  }
  return { retriers, catchers }
}

function errorNames(reader: DefinitionReader): string[] {
  const names = reader.texts('ErrorEquals')
  if (names.includes('States.ALL') && names.length > 1) reader.refuse('States.ALL must stand alone', 'ErrorEquals')
  return names
}

function numberTemplate(
  parts: StateParts,
  field: string,
  range: NumberRange,
  reader = parts.reader,
  prefix = '',
): Template | undefined {
  return checked(parts, field, reader, prefix, (value) => numberFault(value, range))
}

function textTemplate(parts: StateParts, field: string): Template | undefined {
  return checked(parts, field, parts.reader, '', (value) => (typeof value === 'string' ? undefined : 'must be a text'))
}

function checked(
  parts: StateParts,
  field: string,
  reader: DefinitionReader,
  prefix: string,
  fault: (value: Json) => string | undefined,
): Template | undefined {
  const template = parts.template(field, reader, prefix)
  if (template === undefined || template.kind === 'expression') return template
  const value = reader.get(field) ?? null
  const wrong = fault(value)
  if (wrong !== undefined) reader.refuse(`The field '${field}' ${wrong}, got ${JSON.stringify(value)}`, field)
  return template
}
