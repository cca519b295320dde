/** Which release starts took before: what a rollback goes back to where nobody says. */
import { NotFound } from '../errors.ts'
import type { Records } from '../records/records.ts'
import type { Move } from '../schema/versions.ts'
import { MOVE_PREFIX, moveOf, partitionOf } from './version-items.ts'

const PAGE = 1_000
/** Pages of moves that are read at most. */
const PAGES = 20

/** The newest below `stable` that was stable once: not one that was only held, or a canary. @throws NotFound */
export async function earlierStable(records: Records, team: string, stable: number): Promise<number> {
  const below = (sequence: number | undefined) => (sequence !== undefined && sequence < stable ? sequence : 0)
  let found = 0
  let oldest: Move | undefined
  let after: string | undefined
  for (let page = 0; page < PAGES; page += 1) {
    const options = { prefix: MOVE_PREFIX, reverse: true, limit: PAGE, ...(after === undefined ? {} : { after }) }
    const { items, next } = await records.query(partitionOf(team), options)
    const moves = items.map(moveOf)
    for (const { from, to } of moves) found = Math.max(found, below(to.stable), below(from?.stable))
    oldest = moves.at(-1) ?? oldest
    after = next
    if (next === undefined) break
  }
  // Before moves were kept, each release was the stable one in its turn.
  const unmoved = oldest === undefined ? stable : (oldest.from?.stable ?? 0)
  found = Math.max(found, Math.min(unmoved, stable - 1))
  if (found > 0) return found
  throw new NotFound({
    message: `Team ${team} has no release before ${stable} that starts have taken`,
    next: 'Name the release to go back to.',
  })
}
