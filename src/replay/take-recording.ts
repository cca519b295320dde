/** Takes the recording of a run from wherever its record is. Judges nothing. */
import type { HistoryEvent } from '../engine/expand-history.ts'
import { ignoreNotFound } from '../errors.ts'
import { ApprovalRequest } from '../schema/approval.ts'
import type { RunId } from '../schema/ids.ts'
import { isJsonObject, type Json } from '../schema/json.ts'
import { parseJson } from '../schema/parse-json.ts'
import type { Run } from '../schema/run.ts'
import type { RunAudit } from '../schema/run-audit.ts'
import { Reference } from '../schema/step.ts'
import type { RecordedFailure, Recording } from './recording.ts'
import type { Histories } from './replay-run.ts'

export interface RecordingSource {
  readonly run: (runId: RunId) => Promise<Run>
  /** With bodies. */
  readonly audit: (runId: RunId) => Promise<RunAudit>
  readonly requests: (runId: RunId) => Promise<readonly ApprovalRequest[]>
  /** @throws NotFound. Absent: artifacts cannot be read there. */
  readonly artifact?: ((runId: RunId, reference: Pick<Reference, '$ref'>) => Promise<Json>) | undefined
  /** Of the run's last execution. Absent: they are not kept there. */
  readonly histories?: ((run: Run) => Histories) | undefined
}

export interface TakenRecording {
  readonly recording: Recording
  readonly histories: Histories | undefined
}

/** @throws NotFound where there is no such run. */
export async function takeRecording(runId: RunId, source: RecordingSource): Promise<TakenRecording> {
  const run = await source.run(runId)
  const { rows, bodies = {} } = await source.audit(runId)
  const histories = source.histories?.(run)
  return {
    recording: {
      version: 1,
      run,
      rows: [...rows],
      bodies,
      artifacts: await artifactsOf(run, bodies, source),
      // Without who has voted and by which token: only what the step asked.
      requests: (await source.requests(runId)).map((request) => ApprovalRequest.parse(request)),
      failures: histories === undefined ? [] : failuresIn(histories),
    },
    histories,
  }
}

/** Rounds: what an artifact holds may refer to another. */
const DEPTH = 8

async function artifactsOf(
  run: Run,
  bodies: Readonly<Record<string, Json>>,
  { artifact }: RecordingSource,
): Promise<Record<string, Json>> {
  const found: Record<string, Json> = {}
  if (artifact === undefined) return found
  let wanted = referencesIn([run.input, run.output ?? null, ...Object.values(bodies)])
  for (let round = 0; round < DEPTH && wanted.length > 0; round += 1) {
    const contents: Json[] = []
    for (const $ref of wanted) {
      // Whether something looks like a reference, a model may decide: what is not there is left out.
      const content = await artifact(run.runId, { $ref }).catch(ignoreNotFound)
      if (content === undefined) continue
      found[$ref.slice('sha256:'.length)] = content
      contents.push(content)
    }
    wanted = referencesIn(contents).filter(($ref) => found[$ref.slice('sha256:'.length)] === undefined)
  }
  return found
}

export function referencesIn(values: readonly Json[]): Reference['$ref'][] {
  const found = new Set<Reference['$ref']>()
  const left: Json[] = [...values]
  while (left.length > 0) {
    const value = left.pop() as Json
    if (typeof value !== 'object' || value === null) continue
    const reference = Reference.safeParse(value)
    if (reference.success) found.add(reference.data.$ref)
    left.push(...(Object.values(value) as Json[]))
  }
  return [...found]
}

/** What functions threw, of each step the last. */
function failuresIn(histories: Histories): RecordedFailure[] {
  const failures = new Map<string, RecordedFailure>()
  for (const events of histories.values()) {
    const scheduled = new Map<number, string>()
    for (const event of events) {
      const stepId = event.type === 'TaskScheduled' ? stepIdOf(event) : scheduled.get(event.previousEventId)
      if (stepId === undefined || !event.type.startsWith('Task')) continue
      scheduled.set(event.id, stepId)
      const details = event.type === 'TaskFailed' ? event.taskFailedEventDetails : undefined
      if (details === undefined) continue
      const { error, cause } = details
      failures.set(stepId, {
        stepId,
        error: String(error ?? ''),
        cause: String(cause ?? ''),
        at: event.timestamp.toISOString(),
      })
    }
  }
  return [...failures.values()].sort((a, b) => (a.stepId < b.stepId ? -1 : 1))
}

function stepIdOf({ taskScheduledEventDetails: details }: HistoryEvent): string | undefined {
  const parsed = parseJson(String(details?.['parameters'] ?? ''))
  const payload = parsed.ok && isJsonObject(parsed.value) ? parsed.value['Payload'] : undefined
  return isJsonObject(payload) && typeof payload['stepId'] === 'string' ? payload['stepId'] : undefined
}
