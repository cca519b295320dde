/**
 * A recording as text: JSON Lines, a row with its content on each, so that a change shows in review. Fields keep their order: a
 * model was told them in it.
 */
import { InvalidRequest } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import { parseJson } from '../schema/parse-json.ts'
import { Recording } from './recording.ts'

/** Of a file's name. */
export const RECORDING_SUFFIX = '.recording.jsonl'

export function recordingText({ version, run, rows, bodies, artifacts, requests, failures }: Recording): string {
  const lines: unknown[] = [
    { recording: version, run },
    ...rows.map((row) => {
      const body = row.bodySha256 === undefined ? undefined : bodies[row.bodySha256]
      return body === undefined ? { row } : { row, body }
    }),
    ...Object.entries(artifacts).map(([sha256, artifact]) => ({ sha256, artifact })),
    ...requests.map((request) => ({ request })),
    ...failures.map((failure) => ({ failure })),
  ]
  return `${lines.map((line) => JSON.stringify(line)).join('\n')}\n`
}

interface Line {
  readonly recording?: unknown
  readonly run?: unknown
  readonly row?: { readonly bodySha256?: string }
  readonly body?: Json
  readonly sha256?: string
  readonly artifact?: Json
  readonly request?: unknown
  readonly failure?: unknown
}

/** @param file For messages. @throws InvalidRequest for what is no recording. */
export function readRecording(text: string, file: string): Recording {
  const lines = text.split('\n').filter((line) => line !== '')
  const parsed = lines.map((line, index) => {
    const value = parseJson(line)
    if (!value.ok) throw noRecording(file, `line ${index + 1} is no JSON: ${value.message}`)
    return value.value as Line
  })
  const rows = parsed.filter(({ row }) => row !== undefined)
  const recording = Recording.safeParse({
    version: parsed[0]?.recording,
    run: parsed[0]?.run,
    rows: rows.map(({ row }) => row),
    bodies: Object.fromEntries(
      rows.flatMap(({ row, body }) => (body === undefined ? [] : [[row?.bodySha256 ?? '', body]])),
    ),
    artifacts: Object.fromEntries(
      parsed.flatMap(({ sha256, artifact }) => (artifact === undefined ? [] : [[sha256 ?? '', artifact]])),
    ),
    requests: parsed.flatMap(({ request }) => (request === undefined ? [] : [request])),
    failures: parsed.flatMap(({ failure }) => (failure === undefined ? [] : [failure])),
  })
  if (recording.success) return recording.data
  const [issue] = recording.error.issues
  throw noRecording(file, `${issue?.path.join('.')}: ${issue?.message}`)
}

function noRecording(file: string, why: string): InvalidRequest {
  return new InvalidRequest({
    message: `${file} is no recording of a run: ${why}`,
    next: 'Record the run again: baton check DIR --add RUN',
  })
}
