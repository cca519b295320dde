/** The brake's use cases, as a team's own: who may brake is the host's business, and so is who `by` is. */
import * as z from 'zod'
import { BrakeScope, type BrakeState } from '../brake/brake.ts'
import type { Brakes } from '../brake/open-brakes.ts'
import type { Team } from '../define/team.ts'
import { InvalidRequest } from '../errors.ts'
import { findAgent, findWorkflow } from './start-run.ts'

/** What to brake, of one team or of all. */
export const BrakeTarget = z.strictObject({
  of: z.enum(['fleet', 'team', 'workflow', 'agent']),
  /** Of the workflow or the agent. */
  name: z.string().min(1).max(48).optional(),
})
export type BrakeTarget = z.infer<typeof BrakeTarget>

export interface BrakeChange {
  /** As it is, or was, set. Absent: there was none to release. */
  readonly brake?: BrakeState
  /** False: it was so before. */
  readonly isNew: boolean
}

export interface BrakeReason {
  readonly reason: string
  /** As the host authenticated them. */
  readonly by: string
}

export interface BrakeDependencies {
  /** Absent: only the fleet can be named. */
  readonly team?: Team
  readonly brakes: Brakes
}

/** Those that hold for the team, the fleet's included; the widest first. */
export async function listBrakes({ team, brakes }: Required<BrakeDependencies>): Promise<readonly BrakeState[]> {
  return (await brakes.list()).filter(({ scope }) => scope.of === 'fleet' || scope.team === team.name)
}

/** @throws NotFound for a name that the team does not have; InvalidRequest */
export async function setBrake(
  target: BrakeTarget,
  why: BrakeReason,
  { team, brakes }: BrakeDependencies,
): Promise<BrakeChange> {
  const reason = why.reason.trim().slice(0, MOST_REASON)
  if (reason !== '') return brakes.set({ scope: scopeOf(target, team), reason, by: why.by })
  throw new InvalidRequest({
    message: 'A brake is set for a reason, and none is given',
    next: 'Say why, for whoever finds it: --reason TEXT, or `reason` in the body.',
  })
}
const MOST_REASON = 500

/** Of what the team has no longer as well. @throws InvalidRequest */
export async function releaseBrake(target: BrakeTarget, { team, brakes }: BrakeDependencies): Promise<BrakeChange> {
  const brake = await brakes.release(parseScope(target, team))
  return brake === undefined ? { isNew: false } : { brake, isNew: true }
}

function scopeOf(target: BrakeTarget, team: Team | undefined): BrakeScope {
  const scope = parseScope(target, team)
  if (team !== undefined && scope.of === 'agent') findAgent(team, scope.name)
  if (team !== undefined && scope.of === 'workflow') findWorkflow(team, scope.name)
  return scope
}

function parseScope({ of, name }: BrakeTarget, team: Team | undefined): BrakeScope {
  const scope = BrakeScope.safeParse({
    of,
    ...(of === 'fleet' ? {} : { team: team?.name }),
    ...(name === undefined ? {} : { name }),
  })
  if (scope.success) return scope.data
  const message =
    name === undefined ? `Which ${of}? Its name is missing` : `${JSON.stringify(name)} is no name for ${of}`
  throw new InvalidRequest({
    message,
    next: 'Give `of`: fleet or team, or workflow or agent with its `name`.',
  })
}
