/** No run begins, or goes on after a stop, under a brake: it would stop again at its first turn. */
import type { BrakePlace } from '../brake/brake.ts'
import { brakeReason, releaseCommand } from '../brake/brake-words.ts'
import type { Brakes } from '../brake/open-brakes.ts'
import { Conflict } from '../errors.ts'

export interface BrakedDependencies {
  /** Absent: there are none. */
  readonly brakes?: Pick<Brakes, 'readNow'>
}

/** @throws Conflict naming who has braked it, why, and how it comes off. */
export async function refuseBraked(what: string, place: BrakePlace, { brakes }: BrakedDependencies): Promise<void> {
  const braked = await brakes?.readNow(place)
  if (braked === undefined) return
  const next = `To release it: ${releaseCommand(braked.scope)}`
  throw new Conflict({ message: `${what}. ${brakeReason(braked)}`, next })
}
