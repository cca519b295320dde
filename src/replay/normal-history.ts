/**
 * A history as GetExecutionHistory gives it, without what differs between two executions of the same machine: ids, times,
 * ARNs, and the order in which concurrent branches happened to come.
 */
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'
import { parseJson } from '../schema/parse-json.ts'

export interface RawEvent {
  readonly id?: number | undefined
  readonly previousEventId?: number | undefined
  readonly type?: string | undefined
  readonly timestamp?: Date | undefined
}

/** An event, or the branches or iterations that ran beside each other, each a history of its own. */
export type NormalEvent =
  | { readonly type: string; readonly details?: Json }
  | { readonly branches: readonly (readonly NormalEvent[])[] }

/** Texts that stand for something on one host only → what to write instead, longest first. */
export type Names = ReadonlyMap<string, string>

/** What else need not be equal. */
export interface Differences {
  readonly isDroppedEvent: (type: string) => boolean
  readonly withoutDifferences: (details: Json) => Json
}

interface Frame {
  readonly parent: Frame | undefined
  /** Name of the Map whose iteration this is. */
  readonly map: string | undefined
  /** Order among its siblings. */
  readonly key: string
  readonly events: ((NormalEvent & { readonly type: string }) | Group)[]
  /** The state entered last. */
  open: { readonly name: string; readonly type: string } | undefined
}
interface Group {
  readonly children: Frame[]
}

export function normalizeHistory(
  events: readonly RawEvent[],
  names: Names,
  { isDroppedEvent, withoutDifferences }: Differences,
): NormalEvent[] {
  const main: Frame = { parent: undefined, map: undefined, key: '', events: [], open: undefined }
  const frames = new Map<number, Frame>([[0, main]])
  const types = new Map<number, string>()
  for (const event of events) {
    const { id = 0, previousEventId: previous = 0, type = '' } = event
    const details = detailsOf(event)
    const frame = frameOf(type, details, frames.get(previous) ?? main, types.get(previous) ?? '')
    if (type.endsWith('StateEntered')) frame.open = { name: String(details?.['name']), type }
    frames.set(id, frame)
    types.set(id, type)
    if (isDroppedEvent(type)) continue
    frame.events.push({
      type,
      ...(details && { details: withoutDifferences(normalValue(withoutNoise(details), names)) }),
    })
  }
  return flatten(main)
}

function frameOf(type: string, details: JsonObject | undefined, before: Frame, typeBefore: string): Frame {
  if (type.startsWith('Execution')) return outermost(before)
  if (type === 'MapIterationStarted') {
    const map = String(details?.['name'])
    const sibling = ascend(before, (frame) => frame.map === map)
    return branchOff(sibling?.parent ?? before, String(details?.['index']).padStart(6, '0'), map)
  }
  if (type.startsWith('MapIteration')) return ascend(before, (frame) => frame.map === details?.['name']) ?? before
  if (type.endsWith('StateEntered') && typeBefore === 'ParallelStateStarted') {
    return branchOff(before, String(details?.['name']), undefined)
  }
  if (type.endsWith('StateExited')) return ascend(before, (frame) => frame.open?.name === details?.['name']) ?? before
  const joins = /^(Map|Parallel)(State(Succeeded|Failed|Aborted)|Run(Succeeded|Failed))$/.exec(type)
  if (joins) return ascend(before, (frame) => frame.open?.type === `${joins[1]}StateEntered`) ?? before
  return before
}

function branchOff(parent: Frame, key: string, map: string | undefined): Frame {
  const child: Frame = { parent, map, key, events: [], open: undefined }
  const last = parent.events.at(-1)
  if (last !== undefined && 'children' in last) last.children.push(child)
  else parent.events.push({ children: [child] })
  return child
}

function ascend(from: Frame, holds: (frame: Frame) => boolean): Frame | undefined {
  for (let frame: Frame | undefined = from; frame !== undefined; frame = frame.parent) if (holds(frame)) return frame
  return undefined
}

function outermost(from: Frame): Frame {
  return ascend(from, (frame) => frame.parent === undefined) ?? from
}

function flatten({ events }: Frame): NormalEvent[] {
  return events.map((event) => {
    if (!('children' in event)) return event
    const ordered = event.children.toSorted((a, b) => (a.key < b.key ? -1 : 1))
    return { branches: ordered.map(flatten) }
  })
}

function detailsOf(event: RawEvent): JsonObject | undefined {
  const found = Object.entries(event).find(([key, value]) => key.endsWith('EventDetails') && value !== undefined)
  return found && (found[1] as JsonObject)
}

/** Of no meaning for what a machine does. */
const NOISE = ['inputDetails', 'outputDetails', 'assignedVariablesDetails', 'region', 'roleArn']

function withoutNoise(details: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(details).filter(([key, value]) => !NOISE.includes(key) && value !== undefined),
  )
}

/** Fields whose text is JSON. */
const JSON_TEXT = new Set(['input', 'output', 'parameters', 'cause', 'Cause', 'Input', 'Output'])
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/
const TIMES = new Set(['StartDate', 'StopDate'])
/** Made from the run's id, or drawn: what stands there for it. */
const OF_THE_RUN = new Map([
  ['token', '<token>'],
  ['approvalId', '<approval>'],
  ['approval', '<approval>'],
  ['callId', '<call>'],
  ['call', '<call>'],
])
const EXECUTION_ARN = /arn:aws:states:[a-z0-9-]*:\d{12}:(execution|mapRun):[^"\\]+/g

export function normalValue(value: Json, names: Names, key = ''): Json {
  if (key === 'assignedVariables' && isJsonObject(value)) {
    const read = Object.entries(value).map(([name, text]) => [name, normalValue(variable(String(text)), names)])
    return Object.fromEntries(read)
  }
  if (typeof value === 'string') {
    const parsed = JSON_TEXT.has(key) ? parseJson(value) : undefined
    if (parsed?.ok && typeof parsed.value === 'object') return normalValue(parsed.value, names)
    const stand = OF_THE_RUN.get(key)
    if (stand !== undefined) return stand
    return TIME.test(value) ? '<time>' : renamed(value, names)
  }
  if (TIMES.has(key)) return '<time>'
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => normalValue(item as Json, names))
  const fields = isJsonObject(value) ? Object.entries(value) : []
  return Object.fromEntries(fields.map(([name, field]) => [name, normalValue(field, names, name)]))
}

/** A variable's value as JSON text. LocalStack puts a text between quotation marks as it is. */
function variable(text: string): Json {
  const parsed = parseJson(text)
  return parsed.ok ? parsed.value : text.replace(/^"(.*)"$/s, '$1')
}

function renamed(text: string, names: Names): string {
  let result = text
  for (const [name, stand] of names) result = result.replaceAll(name, stand)
  return result.replaceAll(EXECUTION_ARN, '<execution>')
}
