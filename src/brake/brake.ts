/** The brake: a person stops a workflow, an agent, a team or everything for now. Looked at before each start and each turn. */

export type BrakeScope =
  | { readonly of: 'fleet' }
  | { readonly of: 'team'; readonly team: string }
  | { readonly of: 'workflow' | 'agent'; readonly team: string; readonly name: string }

export interface BrakeState {
  readonly scope: BrakeScope
  readonly reason: string
  readonly by: string
  readonly at: string
}

/** The brake that holds here, the widest where there are several. May be a second or two old. */
export type ReadBrake = (place: {
  readonly team: string
  readonly workflow?: string
  readonly agent?: string
}) => Promise<BrakeState | undefined>
