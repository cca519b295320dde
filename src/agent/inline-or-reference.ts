/** An output as it travels: itself where it is small, else a reference with the fields that expressions read. */
import type { Artifacts } from '../records/artifacts.ts'
import type { RunId } from '../schema/ids.ts'
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'
import { INLINE_OUTPUT_BYTES } from '../schema/step.ts'
import { stopped } from './ending.ts'
import type { Ending } from './step-run.ts'

/** What a state machine says of the output that it asks for. */
interface Asked {
  readonly runId: RunId
  readonly inlineBytes?: number | undefined
  readonly inlineFields?: readonly string[] | undefined
}

export async function inlineOrReference(
  { runId, inlineBytes: limit = INLINE_OUTPUT_BYTES, inlineFields = [] }: Asked,
  output: Json,
  { artifacts }: { readonly artifacts: Pick<Artifacts, 'put'> },
): Promise<Extract<Ending, { status: 'completed' | 'stopped' }>> {
  const bytes = bytesOf(output)
  if (bytes <= limit) return { status: 'completed', output }
  const inline = pick(output, inlineFields)
  const reference = { ...inline, ...(await artifacts.put(runId, output)) } as JsonObject
  const inlineBytes = bytesOf(reference)
  if (inlineBytes <= limit) return { status: 'completed', output: reference }
  const fields = Object.keys(inline).join(', ')
  return stopped(
    'outputTooLarge',
    `The output has ${bytes} bytes; its inline fields (${fields}) have ${inlineBytes}, at most ${limit} may be.`,
  )
}

function pick(output: Json, fields: readonly string[]): JsonObject {
  if (!isJsonObject(output)) return {}
  return Object.fromEntries(Object.entries(output).filter(([key]) => fields.includes(key)))
}

function bytesOf(value: Json): number {
  return Buffer.byteLength(JSON.stringify(value))
}
