/** The id of a run that was started with an idempotency key. Whether there is such a run, the records know. */
import { RunId } from '../schema/ids.ts'
import { sha256 } from '../schema/sha256.ts'

export interface StartKey {
  /** Who asks, as the host authenticated it; one caller cannot reach, or guess, another's runs by their key. */
  readonly caller?: string | undefined
  readonly workflow: string
  readonly key: string
}

/** The same key is the same id, hence the same head and the same execution: nothing else has to remember the key. */
export function runIdOfKey({ caller, workflow, key }: StartKey): RunId {
  return RunId.parse(`k-${sha256(JSON.stringify([caller ?? null, workflow, key])).slice(0, 32)}`)
}
