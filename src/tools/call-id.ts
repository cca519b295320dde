import canonicalize from 'canonicalize'
import type { Sha256 } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import type { ToolUseBlock } from '../schema/message.ts'
import { sha256 } from '../schema/sha256.ts'

/** A tool call with its identity, which is the same each time the turn is read back from the journal. */
export interface IdentifiedCall {
  readonly callId: Sha256
  readonly argumentsSha256: Sha256
  readonly use: ToolUseBlock
}

interface Place {
  readonly runId: string
  readonly stepId: string
  readonly turn: number
}

/** callId = sha256(run, step, turn, tool, canonical arguments, ordinal among equal calls of the turn). RFC 8785. */
export function identifyCalls({ runId, stepId, turn }: Place, uses: readonly ToolUseBlock[]): IdentifiedCall[] {
  const seen = new Map<string, number>()
  return uses.map((use) => {
    const argumentsSha256 = sha256(canonicalize(use.input) ?? 'null')
    const same = `${use.name} ${argumentsSha256}`
    const ordinal = (seen.get(same) ?? 0) + 1
    seen.set(same, ordinal)
    const callId = sha256(JSON.stringify([runId, stepId, turn, use.name, argumentsSha256, ordinal]))
    return { callId, argumentsSha256, use }
  })
}

/** A call that a person allowed with other arguments is another call: whoever knows the one has not seen the other. */
export function editedCall({ callId, use }: IdentifiedCall, edited: Json): IdentifiedCall {
  const argumentsSha256 = sha256(canonicalize(edited) ?? 'null')
  return { callId: sha256(JSON.stringify([callId, argumentsSha256])), argumentsSha256, use: { ...use, input: edited } }
}
