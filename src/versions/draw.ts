/** Which arm of a canary a run is in. Pure: the same run and share are the same arm. */
import { sha256 } from '../schema/sha256.ts'
import type { Arm } from '../schema/versions.ts'

const BUCKETS = 10_000
/** Of the hash: 48 bits, which a number holds exactly. */
const DIGITS = 12

/** @param percent 0 to 100. */
export function armOf(runId: string, percent: number): Arm {
  const bucket = Number.parseInt(sha256(runId).slice(0, DIGITS), 16) % BUCKETS
  return bucket < (percent * BUCKETS) / 100 ? 'canary' : 'stable'
}
