/**
 * Seals runs of a data folder with the folder's own key: how far each chain has come, signed. Says nothing of whether the
 * rows are true: that is for whoever verifies them against the seal.
 */
import { chainKey, nextSeal, sealedChains, sealText } from '../audit/seal.ts'
import type { Clock } from '../clock.ts'
import { Conflict, NotFound, RetryableError } from '../errors.ts'
import { type ChainHead, chainEnds } from '../records/chain-heads.ts'
import { openRecordsSeals } from '../records/seals.ts'
import type { RunId } from '../schema/ids.ts'
import type { Seal, SealedChain } from '../schema/run-audit.ts'
import type { Stores } from './host-stores.ts'
import { openSealKey } from './seal-key.ts'

export interface SealDependencies {
  readonly stores: Pick<Stores, 'folder' | 'records' | 'journal' | 'runs'>
  readonly clock: Clock
}

/** Against others that seal the same run. */
const ROUNDS = 8
/** Chains in one seal, so that it stays well within an item's 400 KB. */
const CHAINS_A_SEAL = 1_000

/**
 * Seals what no seal covers yet. Safe to repeat: a run that has not grown gets no further seal.
 * @returns the new seals: one, but for a run of very many chains; none where there was nothing to seal.
 * @throws NotFound; RecordsCorrupt where the key is none; Conflict where others sealed in each of several rounds.
 */
export async function sealRun(runId: RunId, { stores, clock }: SealDependencies): Promise<readonly Seal[]> {
  const { folder, records, journal, runs } = stores
  const run = await runs.read(runId)
  if (run === undefined) {
    throw new NotFound({ message: `there is no run ${runId}`, next: 'List the runs with: baton runs' })
  }
  const store = openRecordsSeals(records)
  const { key, sign } = openSealKey(folder)
  const { keyId, algorithm } = key
  const added: Seal[] = []
  for (let round = 1; round <= ROUNDS; round += 1) {
    const seals = [...(await store.list(runId))]
    const ends = await chainEnds(records, journal, runId)
    let isMine = true
    while (isMine) {
      const at = clock.now().toISOString()
      const chains = unsealedOf(ends, seals)
      const content = nextSeal({ team: run.team, runId, at, chains, seals, keyId, algorithm })
      if (content === undefined) return added
      const seal: Seal = { ...content, signature: sign(sealText(content)) }
      isMine = await store.add(seal)
      if (isMine) {
        seals.push(seal)
        added.push(seal)
      }
    }
  }
  throw new Conflict({
    message: `run ${runId} was sealed by others ${ROUNDS} times while it was to be sealed`,
    next: `Seal it again: baton audit seal ${runId}`,
  })
}

/** As many as one seal takes. */
function unsealedOf(ends: readonly ChainHead[], seals: readonly Seal[]): readonly SealedChain[] {
  const sealed = sealedChains(seals)
  const grown = ends.filter((end) => end.rows > (sealed.get(chainKey(end))?.rows ?? 0))
  return grown.slice(0, CHAINS_A_SEAL).map(({ stepId, attempt, rows, head }) => ({ stepId, attempt, rows, head }))
}

/** For the end of a run, and for a pause: neither fails by it. What cannot be sealed now is told, and a later seal covers it. */
export async function sealIfPossible(runId: RunId, dependencies: SealDependencies): Promise<void> {
  try {
    await sealRun(runId, dependencies)
  } catch (error) {
    if (error instanceof RetryableError || error instanceof Conflict) return
    const why = error instanceof Error ? error.message : String(error)
    process.emitWarning(`run ${runId} is not sealed: ${why}. Seal it later: baton audit seal ${runId}`)
  }
}
