/** A call's claim ↔ the item that holds it. Reads and writes nothing itself. */
import * as z from 'zod'
import { RecordsCorrupt } from '../errors.ts'
import type { Item, Key } from '../records/records.ts'
import { AgentName, type RunId, Sha256, type StepId, ToolName } from '../schema/ids.ts'
import { JsonObject } from '../schema/json.ts'
import { EffectKind, ToolResult } from '../schema/tool-call.ts'
import type { EffectCall, EffectState } from './effect-ledger.ts'
import type { Executed } from './execute.ts'

/** `FREE`: claimed before, and certainly not done. */
export const ClaimStatus = z.enum(['INTENT', 'DONE', 'UNKNOWN', 'FREE'])

const Stored = z.object({
  status: ClaimStatus,
  agent: AgentName,
  tool: ToolName,
  effect: EffectKind.exclude(['read']),
  argumentsSha256: Sha256,
  fence: z.int().positive(),
  /** Fence of the last who acted, as far as is known. */
  acted: z.int().nonnegative(),
  owner: JsonObject,
  /** By the owner's clock, ms since 1970. 0: nobody is at it. */
  expiresAtMs: z.number(),
  at: z.string(),
  result: ToolResult.optional(),
  resultSha256: Sha256.optional(),
})
export type StoredClaim = z.infer<typeof Stored>

const SORT_PREFIX = 'CALL#'

export function callsPartition(runId: RunId, stepId: StepId): string {
  return `RUN#${runId}#STEP#${stepId}`
}

export function claimKey({ runId, stepId, callId }: Pick<EffectCall, 'runId' | 'stepId' | 'callId'>): Key {
  return { partition: callsPartition(runId, stepId), sort: `${SORT_PREFIX}${callId}` }
}

export const CALLS = { prefix: SORT_PREFIX }

/** @throws RecordsCorrupt */
export function claimOf(item: Item): StoredClaim {
  const parsed = Stored.safeParse(item.attributes)
  if (parsed.success) return parsed.data
  throw new RecordsCorrupt({
    message: `the claim ${item.sort} of ${item.partition} is damaged, or from a newer version`,
    next: 'Use the Baton version that wrote it, or restore the data folder from a copy.',
    cause: parsed.error,
  })
}

export function executedOf({ status, result, resultSha256 }: StoredClaim): Executed | undefined {
  if (status !== 'DONE' || result === undefined || resultSha256 === undefined) return undefined
  return { result, resultSha256 }
}

const STATES = { INTENT: 'intent', DONE: 'done', UNKNOWN: 'unknown', FREE: 'released' } as const

export function stateOf(stepId: StepId, item: Item): EffectState {
  const claim = claimOf(item)
  const { agent, tool, effect, argumentsSha256, fence, at } = claim
  const callId = Sha256.parse(item.sort.slice(SORT_PREFIX.length))
  const status = STATES[claim.status]
  return { stepId, callId, agent, tool, effect, argumentsSha256, status, fence, at, executed: executedOf(claim) }
}
