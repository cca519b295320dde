/** One process works on a run at a time: a lease that is renewed while it does, and freed when it lets go or dies. */
import type { Clock } from '../clock.ts'
import { Conflict } from '../errors.ts'
import { acquireLease, type Lease, leaseIsHeld } from '../records/lease.ts'
import type { Records } from '../records/records.ts'
import type { RunId } from '../schema/ids.ts'
import { isDead, type Owner } from './host-owner.ts'

/** Long enough for a pause of the process (a laptop's lid, a full garbage collection), short enough to wait for. */
const LEASE_MS = 15_000
/** Missed renewals before the lease ends. */
const RENEWALS = 5

export interface HoldOptions {
  readonly records: Records
  readonly clock: Clock
  readonly owner: Owner
  /** @default 15 s */
  readonly leaseMs?: number | undefined
}

const nameOf = (runId: RunId) => `RUN#${runId}`

/** Whether a live process works on the run. */
export function isHeld(runId: RunId, { records, clock }: Pick<HoldOptions, 'records' | 'clock'>): Promise<boolean> {
  return leaseIsHeld({ records, clock, name: nameOf(runId), ownerIsDead: isDead })
}

export interface Hold {
  release(): Promise<void>
}

/**
 * @param onLost Told once when another process has the run now: stop at once.
 * @throws Conflict where another live process has it.
 */
export async function holdRun(runId: RunId, options: HoldOptions, onLost: () => void): Promise<Hold> {
  const { leaseMs = LEASE_MS } = options
  const acquired = await acquireLease({ ...options, name: nameOf(runId), durationMs: leaseMs, ownerIsDead: isDead })
  if (acquired instanceof Conflict) {
    throw new Conflict({
      message: `Run ${runId} is going on in another process: ${acquired.message}`,
      next: `Watch it: baton events ${runId} --follow. Stop it: baton cancel ${runId}`,
      cause: acquired,
    })
  }
  let lease: Lease = acquired
  const timer = setInterval(async () => {
    const renewed = await lease.renew().catch(() => lease)
    if (!(renewed instanceof Conflict)) {
      lease = renewed
      return
    }
    clearInterval(timer)
    onLost()
  }, leaseMs / RENEWALS)
  timer.unref()
  return {
    async release() {
      clearInterval(timer)
      await lease.release()
    },
  }
}
