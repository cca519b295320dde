/**
 * The suggested actions of NIST AI 600-1 (July 2024, https://doi.org/10.6028/NIST.AI.600-1, section 3), by their ids. Ids
 * alone: what an action says is to be read there.
 */
import { InvalidRequest } from '../../errors.ts'

export const PROFILE = 'NIST AI 600-1, July 2024'

/**
 * How many actions each subcategory has, numbered from 001. GOVERN 58, MAP 39, MEASURE 72, MANAGE 43: 212 in all. Lists
 * that count 211, and 57 of GOVERN, miss GV-4.3-001, which the publication prints as `GV4.3--001`.
 */
export const ACTIONS_OF: Readonly<Record<string, number>> = {
  ...{ 'GV-1.1': 1, 'GV-1.2': 2, 'GV-1.3': 7, 'GV-1.4': 2, 'GV-1.5': 3, 'GV-1.6': 3, 'GV-1.7': 2, 'GV-2.1': 5 },
  ...{ 'GV-3.2': 5, 'GV-4.1': 3, 'GV-4.2': 3, 'GV-4.3': 3, 'GV-5.1': 2, 'GV-6.1': 10, 'GV-6.2': 7 },
  ...{ 'MP-1.1': 4, 'MP-1.2': 2, 'MP-2.1': 2, 'MP-2.2': 2, 'MP-2.3': 5, 'MP-3.4': 6, 'MP-4.1': 10 },
  ...{ 'MP-5.1': 6, 'MP-5.2': 2 },
  ...{ 'MS-1.1': 9, 'MS-1.3': 3, 'MS-2.2': 4, 'MS-2.3': 4, 'MS-2.5': 6, 'MS-2.6': 7, 'MS-2.7': 9, 'MS-2.8': 4 },
  ...{ 'MS-2.9': 2, 'MS-2.10': 3, 'MS-2.11': 5, 'MS-2.12': 4, 'MS-2.13': 1, 'MS-3.2': 1, 'MS-3.3': 5, 'MS-4.2': 5 },
  ...{ 'MG-1.3': 2, 'MG-2.2': 9, 'MG-2.3': 1, 'MG-2.4': 4, 'MG-3.1': 5, 'MG-3.2': 9, 'MG-4.1': 7, 'MG-4.2': 3 },
  ...{ 'MG-4.3': 3 },
}

export const ACTION_IDS: readonly string[] = Object.entries(ACTIONS_OF).flatMap(([subcategory, count]) =>
  Array.from({ length: count }, (_, index) => `${subcategory}-${String(index + 1).padStart(3, '0')}`),
)

const MISPRINTED = new Map([['GV4.3--001', 'GV-4.3-001']])
const KNOWN = new Set(ACTION_IDS)

/** @returns the id as it is listed. @throws InvalidRequest for an id that is none, with the nearest that is one. */
export function actionId(word: string): string {
  const id = MISPRINTED.get(word) ?? word.toUpperCase()
  if (KNOWN.has(id)) return id
  throw new InvalidRequest({
    message: `${JSON.stringify(word.slice(0, 40))} is no action of ${PROFILE}`,
    next: `The nearest is ${nearestAction(id)}. Their form is MS-4.2-004.`,
  })
}

/** The id with most leading characters in common, and of those the one that is nearest by number. */
function nearestAction(id: string): string {
  const number = Number.parseInt(id.slice(id.lastIndexOf('-') + 1), 10) || 0
  const rated = ACTION_IDS.map((known) => ({
    known,
    shared: sharedCharacters(known, id),
    distance: Math.abs(Number(known.slice(-3)) - number),
  }))
  const [nearest] = rated.sort((one, other) => other.shared - one.shared || one.distance - other.distance)
  return nearest?.known ?? ''
}

/** Up to the number within the subcategory. */
function sharedCharacters(known: string, id: string): number {
  const most = known.lastIndexOf('-') + 1
  let shared = 0
  while (shared < most && known[shared] === id[shared]) shared += 1
  return shared
}
