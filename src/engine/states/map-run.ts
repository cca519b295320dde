/** A distributed Map: each item, or batch of items, in a child execution with a history of its own. */
import type { Json } from '../../schema/json.ts'
import { numberFault } from '../definition-reader.ts'
import type { StoredEvent } from '../events.ts'
import type { Frame } from '../frame.ts'
import { DISTRIBUTED_MAP_WIDTH, PAYLOAD_BYTES } from '../limits.ts'
import type { MapState } from '../program.ts'
import { Aborted, StateError } from '../state-error.ts'
import { linkedController } from './branches.ts'
import type { MapPlan } from './map.ts'
import type { StateRun } from './state-run.ts'

const THRESHOLD_ERROR = 'States.ExceedToleratedFailureThreshold'
const THRESHOLD_CAUSE = 'The specified tolerated failure threshold was exceeded'

/** @returns the outputs of the children that succeeded, in order of the items. */
export async function runMapRun(run: StateRun<MapState>, started: StoredEvent, plan: MapPlan): Promise<Json[]> {
  const { frame } = run
  const { machineArn, name } = frame.execution
  const mapRun = `${machineArn.replace(':stateMachine:', ':mapRun:')}/${run.state.name}:${name}-${started.id}`
  frame.record('MapRunStarted', { mapRun })
  const failed = frame.take('MapRunFailed')
  if (failed !== undefined) throw new StateError(failed.details['error'] as string, failed.details['cause'] as string)
  // The recorded exit has the result: no need to collect it again.
  if (frame.isPast('MapStateExited')) {
    frame.record('MapRunSucceeded')
    return []
  }
  if (frame.peek() === undefined) await frame.live()
  try {
    const outputs = await runChildren(run, started, plan)
    frame.record('MapRunSucceeded')
    return outputs
  } catch (error) {
    if (error instanceof StateError) frame.record('MapRunFailed', { error: error.error, cause: error.causeText })
    throw error
  }
}

async function runChildren(run: StateRun<MapState>, started: StoredEvent, plan: MapPlan): Promise<Json[]> {
  const { frame, state } = run
  const { items } = plan
  const group = linkedController(frame.signal)
  const outputs: (Json | undefined)[] = items.map(() => undefined)
  let failures = 0
  let failure: unknown
  let next = 0
  const lane = async () => {
    for (let i = next++; i < items.length && !group.signal.aborted; i = next++) {
      try {
        const result = await startChild(frame, state, started.id, i, items[i] as Json, group.signal)
        if (result.status === 'SUCCEEDED') outputs[i] = result.output
        else failures++
        if (exceeds(failures, plan)) failure ??= new StateError(THRESHOLD_ERROR, THRESHOLD_CAUSE)
      } catch (error) {
        if (!(error instanceof Aborted)) failure ??= error
      }
      // Not a failure of an item: the others are left to be resumed, not aborted.
      if (failure !== undefined) group.abort(failure instanceof StateError ? new Aborted() : failure)
    }
  }
  const width = plan.maxConcurrency === 0 ? DISTRIBUTED_MAP_WIDTH : plan.maxConcurrency
  await frame.execution.recorder.persist()
  await Promise.all(Array.from({ length: Math.min(width, DISTRIBUTED_MAP_WIDTH, items.length) }, lane))
  group.unlink()
  if (failure !== undefined) throw failure
  if (frame.signal.aborted) throw new Aborted()
  return outputs.filter((output) => output !== undefined)
}

function startChild(frame: Frame, state: MapState, startedBy: number, index: number, input: Json, signal: AbortSignal) {
  const { execution } = frame
  const name = `${execution.name}/${state.name}/${startedBy}:${index}`
  return execution.services.runMapChild({ parent: execution, state, name, input, signal })
}

function exceeds(
  failures: number,
  { items, toleratedFailureCount: count, toleratedFailurePercentage: percentage }: MapPlan,
) {
  if (count === null && percentage === null) return failures > 0
  if (count !== null && failures > count) return true
  return percentage !== null && (failures / items.length) * 100 > percentage
}

/** @throws StateError where one item alone does not fit. */
export async function batch(run: StateRun<MapState>, items: readonly Json[]): Promise<readonly Json[]> {
  const { batcher } = run.state
  if (batcher === undefined) return items
  const positive = (value: number) => numberFault(value, { minimum: 1 })
  const maxItems = (await run.evaluateNumber(batcher.maxItems, positive)) ?? Number.POSITIVE_INFINITY
  const maxBytes = (await run.evaluateNumber(batcher.maxInputBytes, positive)) ?? PAYLOAD_BYTES
  const shared = batcher.batchInput === undefined ? {} : { BatchInput: await run.evaluate(batcher.batchInput) }
  const batches: Json[] = []
  let current: Json[] = []
  const overhead = Buffer.byteLength(JSON.stringify({ ...shared, Items: [] }))
  let bytes = overhead
  for (const item of items) {
    const size = Buffer.byteLength(JSON.stringify(item)) + 1
    if (current.length > 0 && (current.length >= maxItems || bytes + size > maxBytes)) {
      batches.push({ ...shared, Items: current })
      current = []
      bytes = overhead
    }
    current.push(item)
    bytes += size
  }
  if (current.length > 0) batches.push({ ...shared, Items: current })
  return batches
}
