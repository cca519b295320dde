/** Whether a canary breaks its guard. Pure. */
import { isJsonObject, type Json } from '../schema/json.ts'
import type { ArmCount, ArmCounts, BrokenRule, Guard, GuardBound } from '../schema/versions.ts'

export const NO_RUNS: ArmCount = { runs: 0, failed: 0, costUsd: 0, priced: 0, score: 0, scored: 0 }

type Rule = BrokenRule['rule']

/** The first rule that is broken; undefined: none is, or too few runs have ended. */
export function brokenRule(guard: Guard, seen: ArmCounts): BrokenRule | undefined {
  const { stable, canary } = seen
  if (canary.runs < guard.minRuns) return undefined
  const bounds = { errorRate: guard.errorRate, costUsd: guard.costUsd, score: guard.score?.least }
  for (const rule of ['errorRate', 'costUsd', 'score'] as const) {
    const given = bounds[rule]
    const value = meanOf(rule, canary)
    if (given === undefined || value === undefined) continue
    const bound = boundOf(given, rule, stable, guard.minRuns)
    if (bound === undefined) continue
    if (rule === 'score' ? value < bound : value > bound) return { rule, value, bound, stable, canary }
  }
  return undefined
}

function boundOf(bound: GuardBound, rule: Rule, stable: ArmCount, minRuns: number): number | undefined {
  if (typeof bound === 'number') return bound
  const mean = stable.runs < minRuns ? undefined : meanOf(rule, stable)
  return mean === undefined ? undefined : mean * bound.timesStable + bound.plus
}

/** Undefined: nothing of it is known. */
function meanOf(rule: Rule, { runs, failed, costUsd, priced, score, scored }: ArmCount): number | undefined {
  const [sum, count] = { errorRate: [failed, runs], costUsd: [costUsd, priced], score: [score, scored] }[rule] as [
    number,
    number,
  ]
  return count === 0 ? undefined : sum / count
}

/** The number at a path of an output; undefined where there is none. @param path Names with dots between them. */
export function scoreAt(output: Json | undefined, path: string): number | undefined {
  let value: Json | undefined = output
  for (const name of path.split('.')) {
    value = isJsonObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
  }
  return typeof value === 'number' ? value : undefined
}
