/** What errors come to where each step fails by itself with the same probability. */

/** A chain of steps without a check. */
export function chainSuccess(error: number, steps: number): number {
  return (1 - error) ** steps
}

/** A step whose output is checked by somebody else, and made once more where the check finds it wrong. */
export function checkedStepError(error: number, recall: number): number {
  return error * (1 - recall) + recall * error ** 2
}

/** Steps' worth of calls that such a step takes: the work, its check, and the work again where an error was found. */
export function checkedStepCost(error: number, recall: number): number {
  return 2 + error * recall
}

/**
 * Several tries at all of it, of which the most frequent answer counts.
 * @param success Of one try.
 * @param wrong `same`: all wrong tries give one answer, the worst there is; `apart`: no two do, the best. Ties are drawn.
 */
export function selfConsistency(success: number, tries: number, wrong: 'same' | 'apart'): number {
  let total = 0
  for (let right = 0; right <= tries; right += 1) {
    const chance = choose(tries, right) * success ** right * (1 - success) ** (tries - right)
    total += chance * shareOfRight(right, tries - right, wrong)
  }
  return total
}

/** Chance that the right answer is the one taken. */
function shareOfRight(right: number, others: number, wrong: 'same' | 'apart'): number {
  if (right === 0) return 0
  if (wrong === 'same') return right > others ? 1 : right === others ? 0.5 : 0
  return right > 1 ? 1 : 1 / (1 + others)
}

function choose(from: number, taken: number): number {
  let ways = 1
  for (let one = 1; one <= taken; one += 1) ways = (ways * (from - taken + one)) / one
  return ways
}

/** Proposition 1 of AdaptOrch: a bound under its assumptions, not a measurement. */
export function varianceBound(width: number, coupling: number, answers: number, error: number): number {
  return ((width - 1) ** 2 * (1 - coupling) ** 2) / (4 * error ** 2 * answers)
}
