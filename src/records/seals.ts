/** Where the seals of runs are kept: each once, in order. Knows nothing of signatures. The local store lies in the records. */
import { type CrashPoint, crashPoint } from '../crash-point.ts'
import { RecordsCorrupt } from '../errors.ts'
import type { RunId } from '../schema/ids.ts'
import type { JsonObject } from '../schema/json.ts'
import { Seal } from '../schema/run-audit.ts'
import type { Item, Records } from './records.ts'

export interface SealStore {
  /** By seq. */
  list(runId: RunId): Promise<readonly Seal[]>
  /** False where there is another one with its seq: read again, and seal what is left. True where it is this very one. */
  add(seal: Seal): Promise<boolean>
}

const BEFORE: CrashPoint = 'seal.write.before'
const AFTER: CrashPoint = 'seal.write.after'

export function openRecordsSeals(records: Records): SealStore {
  return {
    async list(runId) {
      const seals: Seal[] = []
      let after: string | undefined
      do {
        const page = await records.query(partitionOf(runId), after === undefined ? {} : { after })
        seals.push(...page.items.map(sealIn))
        after = page.next
      } while (after !== undefined)
      return seals
    },
    async add(seal) {
      crashPoint(BEFORE)
      const item: Item = {
        partition: partitionOf(seal.runId),
        sort: String(seal.seq).padStart(9, '0'),
        attributes: { seal: seal as unknown as JsonObject },
      }
      const written = await records.write({ kind: 'put', item, condition: { kind: 'absent' } })
      crashPoint(AFTER)
      return written.ok || signatureIn(written.item) === seal.signature
    },
  }
}

function partitionOf(runId: RunId): string {
  return `RUN#${runId}#SEAL`
}

/** @throws RecordsCorrupt */
function sealIn({ partition, sort, attributes }: Item): Seal {
  const parsed = Seal.safeParse(attributes['seal'])
  if (parsed.success) return parsed.data
  throw new RecordsCorrupt({
    message: `item ${partition} ${sort} is damaged: it is no seal`,
    next: 'Restore the data folder from a copy: what this seal vouched for is not known.',
    cause: parsed.error,
  })
}

function signatureIn(item: Item | undefined): string | undefined {
  return Seal.safeParse(item?.attributes['seal']).data?.signature
}
