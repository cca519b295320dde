/**
 * The brake: a person stops a workflow, an agent, a team or everything for now. Looked at before each start, each turn
 * and the tools of a turn. What is under way ends as it would have; a run that waits for a person goes on waiting, and
 * the brake shows at its next turn. A step with `otherwise` takes that, as for any stop. A run that was stopped by a
 * brake is resumed like any other that stopped.
 */
import * as z from 'zod'
import { AgentName, TeamName, WorkflowName } from '../schema/ids.ts'

export const BrakeScope = z.discriminatedUnion('of', [
  /** Every team that is kept in the same records. */
  z.strictObject({ of: z.literal('fleet') }),
  z.strictObject({ of: z.literal('team'), team: TeamName }),
  z.strictObject({ of: z.literal('workflow'), team: TeamName, name: WorkflowName }),
  z.strictObject({ of: z.literal('agent'), team: TeamName, name: AgentName }),
])
export type BrakeScope = z.infer<typeof BrakeScope>

export const BrakeState = z.strictObject({
  scope: BrakeScope,
  reason: z.string().min(1).max(500),
  /** As the host authenticated them; on a laptop, the name of the account. */
  by: z.string().min(1).max(2_048),
  at: z.iso.datetime(),
})
export type BrakeState = z.infer<typeof BrakeState>

export interface BrakePlace {
  readonly team: string
  /** The workflow of the run, and those around the step in it. */
  readonly workflows?: readonly string[]
  readonly agent?: string
}

/** The brake that holds here, the widest where there are several. May be a second or two old. */
export type ReadBrake = (place: BrakePlace) => Promise<BrakeState | undefined>
