/** Brakes in words, for the reason of a stop and for people. */
import { assertNever } from '../errors.ts'
import type { BrakeScope, BrakeState } from './brake.ts'

/** e.g. `agent writer of team demo`. */
export function scopeWords(scope: BrakeScope): string {
  switch (scope.of) {
    case 'fleet':
      return 'every team'
    case 'team':
      return `team ${scope.team}`
    case 'workflow':
    case 'agent':
      return `${scope.of} ${scope.name} of team ${scope.team}`
    default:
      return assertNever(scope)
  }
}

/** The reason of a step's stop, and of a start that is refused. */
export function brakeReason({ scope, reason, by, at }: BrakeState): string {
  return `${beginning(scope)}${by} has set it at ${at}: ${reason}`
}

/** Whether a stop's reason, also as part of a run's error, names the brake of this scope. */
export function isStoppedBy(scope: BrakeScope, reason: string): boolean {
  return reason.includes(beginning(scope))
}

/** @returns e.g. `baton brake off --agent writer` */
export function releaseCommand(scope: BrakeScope): string {
  switch (scope.of) {
    case 'fleet':
    case 'team':
      return `baton brake off --${scope.of}`
    case 'workflow':
    case 'agent':
      return `baton brake off --${scope.of} ${scope.name}`
    default:
      return assertNever(scope)
  }
}

function beginning(scope: BrakeScope): string {
  return `The brake is on for ${scopeWords(scope)}: `
}
