/** The brakes of a data folder. */
import { userInfo } from 'node:os'
import { type BrakeChange, type BrakeTarget, releaseBrake, setBrake } from '../api/brakes.ts'
import type { BrakeState } from '../brake/brake.ts'
import { openBrakes } from '../brake/open-brakes.ts'
import { systemClock } from '../clock.ts'
import type { Parsed } from './command.ts'
import { loadTeam } from './load-team.ts'
import { type Data, text } from './session.ts'

export interface PlaceOfBrakes {
  list(): Promise<readonly BrakeState[]>
  set(target: BrakeTarget, reason: string): Promise<BrakeChange>
  release(target: BrakeTarget): Promise<BrakeChange>
}

/** The team is that of `--file`, of the folder's newest run, or of the usual file: in this order. */
export function brakesHere({ stores }: Data, values: Parsed['values']): PlaceOfBrakes {
  const brakes = openBrakes({ records: stores.records, clock: systemClock })
  async function dependencies({ of }: BrakeTarget) {
    if (of === 'fleet') return { brakes }
    const [newest] = (await stores.runs.list({ limit: 1 })).runs
    const { team } = await loadTeam(text(values, 'file') ?? newest?.teamFile)
    return { team, brakes }
  }
  return {
    list: () => brakes.list(),
    set: async (target, reason) => setBrake(target, { reason, by: whoIsHere() }, await dependencies(target)),
    release: async (target) => releaseBrake(target, await dependencies(target)),
  }
}

/** The name of the account: nobody is authenticated on a laptop. */
function whoIsHere(): string {
  try {
    return userInfo().username || NOBODY
  } catch {
    return NOBODY
  }
}
const NOBODY = 'somebody on this machine'
