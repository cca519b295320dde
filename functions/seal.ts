/**
 * Seals the journal: is given what changed in its table, once a minute at most, and vouches for it. Safe to be told again.
 * What may never be, a changed or removed row, is told at once and stands in the seal.
 */
import type { Team } from '../src/define/team.ts'
import type { SealedChanges } from '../src/records/seal-changes.ts'
import { type Handler, opened } from './lambda.ts'
import { observed } from './observed.ts'
import type { Telemetry } from './telemetry.ts'

export interface SealSurroundings {
  /** @param event A batch of the stream of the journal's table. */
  readonly seal: (event: unknown) => Promise<SealedChanges>
  readonly telemetry?: Pick<Telemetry, 'operation' | 'auditFault'>
}

export interface Sealed {
  readonly seals: number
  readonly faults: number
}

export function sealHandler(
  { team }: { readonly team: Team },
  open: (team: Team) => SealSurroundings | Promise<SealSurroundings> = openLater,
): Handler<Sealed> {
  const surroundings = opened(() => open(team))
  return async (event, context) => {
    const { seal, telemetry } = await surroundings()
    return observed(telemetry?.operation('seal', context), async () => {
      const { seals, strays } = await seal(event)
      const faults = seals.flatMap(({ runId, faults = [] }) => faults.map((what) => ({ runId, what })))
      for (const { runId, what } of faults) telemetry?.auditFault(what, runId)
      for (const what of strays) telemetry?.auditFault(what)
      return { seals: seals.length, faults: faults.length + strays.length }
    })
  }
}

/** No other function of the bundle loads it, nor S3's client and KMS's. */
async function openLater(team: Team): Promise<SealSurroundings> {
  return (await import('./seal-surroundings.ts')).openSealSurroundings(team)
}
