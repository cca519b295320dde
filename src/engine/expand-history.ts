/** A stored history in the shape that GetExecutionHistory has: previous ids, details, JSON as text. */
import type { Json, JsonObject } from '../schema/json.ts'
import type { EventType, StoredEvent } from './events.ts'
import type { Program, State } from './program.ts'
import type { StoredHistory } from './stored-history.ts'

export interface HistoryEvent {
  readonly id: number
  readonly previousEventId: number
  readonly type: EventType
  readonly timestamp: Date
  /** `stateEnteredEventDetails`, `taskFailedEventDetails` …: one at most. */
  readonly [details: `${string}EventDetails`]: JsonObject
}

interface FrameView {
  /** Id of the last event, or of the one that the frame branched off from. */
  last: number
  open: State | undefined
  readonly parent: FrameView | undefined
}

const NOT_TRUNCATED = { truncated: false }
const REGION = 'us-east-1'

export function expandHistory({ events, origins }: StoredHistory, program: Program): HistoryEvent[] {
  const frames = new Map<number, FrameView>([[0, { last: 0, open: undefined, parent: undefined }]])
  const frameOf = new Map<number, FrameView>()
  return events.map((event) => {
    let frame = frames.get(event.frame)
    if (frame === undefined) {
      const startedBy = origins.get(event.frame)?.startedBy ?? 0
      frame = { last: startedBy, open: undefined, parent: frameOf.get(startedBy) }
      frames.set(event.frame, frame)
    }
    frameOf.set(event.id, frame)
    if (event.type.endsWith('StateEntered')) frame.open = program.states[event.details['state'] as number]
    // AWS gives the first state no predecessor.
    const previousEventId = event.id === 2 ? 0 : frame.last
    frame.last = event.id
    // What joins branches follows the last event of all of them.
    for (let outer = frame.parent; outer !== undefined; outer = outer.parent) outer.last = event.id
    const details = detailsOf(event, frame, program)
    const { id, type, at } = event
    return { id, previousEventId, type, timestamp: new Date(at), ...details }
  })
}

function detailsOf(
  { type, details }: StoredEvent,
  { open, parent }: FrameView,
  program: Program,
): Record<string, JsonObject> {
  const text = (field: string) => JSON.stringify(details[field] ?? null)
  const failure = () => present({ error: details['error'], cause: details['cause'] })
  if (type.endsWith('StateEntered')) {
    const name = program.states[details['state'] as number]?.name ?? ''
    return { stateEnteredEventDetails: { name, input: text('input'), inputDetails: NOT_TRUNCATED } }
  }
  if (type.endsWith('StateExited')) return { stateExitedEventDetails: exited(details, open, text('output')) }
  const key = `${type.charAt(0).toLowerCase()}${type.slice(1)}EventDetails`
  switch (type) {
    case 'ExecutionStarted':
      return { [key]: { input: text('input'), inputDetails: NOT_TRUNCATED } }
    case 'ExecutionSucceeded':
      return { [key]: { output: text('output'), outputDetails: NOT_TRUNCATED } }
    case 'ExecutionFailed':
    case 'ExecutionTimedOut':
    case 'ExecutionAborted':
    case 'LambdaFunctionFailed':
    case 'LambdaFunctionTimedOut':
    case 'MapRunFailed':
      return { [key]: failure() }
    case 'EvaluationFailed':
      return { [key]: { ...failure(), location: details['location'] ?? '', state: open?.name ?? '' } }
    case 'TaskScheduled':
      return { [key]: { ...service(open), region: REGION, parameters: text('parameters'), ...limits(details) } }
    case 'TaskStarted':
      return { [key]: service(open) }
    case 'TaskSubmitted':
    case 'TaskSucceeded':
      return { [key]: { ...service(open), output: text('output'), outputDetails: NOT_TRUNCATED } }
    case 'TaskFailed':
    case 'TaskTimedOut':
      return { [key]: { ...service(open), ...failure() } }
    case 'LambdaFunctionScheduled': {
      const resource = open?.type === 'Task' ? open.resource : ''
      return { [key]: { resource, input: text('parameters'), inputDetails: NOT_TRUNCATED, ...limits(details) } }
    }
    case 'LambdaFunctionSucceeded':
      return { [key]: { output: text('output'), outputDetails: NOT_TRUNCATED } }
    case 'MapStateStarted':
      // The items, not the batches of them.
      return { [key]: { length: (details['plan'] as readonly Json[])[3] ?? 0 } }
    case 'MapRunStarted':
      return { [key]: { mapRunArn: details['mapRun'] ?? '' } }
    case 'MapIterationStarted':
    case 'MapIterationSucceeded':
    case 'MapIterationFailed':
    case 'MapIterationAborted':
      return { [key]: { name: parent?.open?.name ?? '', index: details['index'] ?? 0 } }
    default:
      return {}
  }
}

function exited(details: StoredEvent['details'], open: State | undefined, output: string): JsonObject {
  const assigned = details['assigned'] as JsonObject | undefined
  const texts = assigned && Object.fromEntries(Object.entries(assigned).map(([k, v]) => [k, JSON.stringify(v)]))
  return {
    name: open?.name ?? '',
    output,
    outputDetails: NOT_TRUNCATED,
    ...(texts && { assignedVariables: texts, assignedVariablesDetails: NOT_TRUNCATED }),
  }
}

function service(open: State | undefined): JsonObject {
  if (open?.type !== 'Task') return {}
  return { resourceType: open.integration.service, resource: open.integration.action }
}

function limits(details: StoredEvent['details']): JsonObject {
  return present({ timeoutInSeconds: details['timeout'], heartbeatInSeconds: details['heartbeat'] })
}

function present(fields: Readonly<Record<string, Json | undefined>>): JsonObject {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonObject
}
