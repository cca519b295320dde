/**
 * What an agent's word has been worth: how often it agreed with what was decided, and how well the confidence it stated
 * told so. Agreement is not truth: where the deciders err together, the record says that they were right.
 *
 * The Brier score is the mean of (stated − outcome)², outcome 1 or 0 (Brier 1950). Against the score of somebody who always
 * states the base rate o, o·(1 − o), it gives the skill (Murphy 1973). The calibrated probability shrinks what is stated
 * towards the base rate by the skill; an agent without a record gets a base rate of ½ and a skill of ½.
 */

/** Sums over decisions; they grow only. */
export interface CalibrationRecord {
  readonly decisions: number
  /** In which it agreed. */
  readonly agreed: number
  /** Sum of what it stated. */
  readonly stated: number
  /** Sum of (stated − outcome)². */
  readonly squared: number
}

export const NO_RECORD: CalibrationRecord = { decisions: 0, agreed: 0, stated: 0, squared: 0 }

/** The prior counts as so many decisions: fewer say little. */
const PRIOR_DECISIONS = 10
/** Nobody counts as surer than this: ten agents that are never sure outweigh one that always is. */
const SUREST = 0.99

/** Of one decision; in millionths, as not every store keeps smaller numbers. */
export function scoreOf(confidence: number, agreed: boolean): CalibrationRecord {
  const outcome = agreed ? 1 : 0
  return {
    decisions: 1,
    agreed: outcome,
    stated: millionths(confidence),
    squared: millionths((confidence - outcome) ** 2),
  }
}

export function sumOf(one: CalibrationRecord, other: CalibrationRecord): CalibrationRecord {
  return {
    decisions: one.decisions + other.decisions,
    agreed: one.agreed + other.agreed,
    stated: one.stated + other.stated,
    squared: one.squared + other.squared,
  }
}

/** undefined without any decision. */
export function brierScore({ decisions, squared }: CalibrationRecord): number | undefined {
  return decisions === 0 ? undefined : squared / decisions
}

/**
 * How probable it is that the agent is right, from 0.01 to 0.99.
 * @param confidence What it states; undefined where it states nothing: the base rate stands.
 */
export function calibrated(confidence: number | undefined, record: CalibrationRecord): number {
  const { decisions, agreed, stated } = record
  const mean = (sum: number, prior: number) => (sum + prior * PRIOR_DECISIONS) / (decisions + PRIOR_DECISIONS)
  const baseRate = mean(agreed, 0.5)
  const skill = mean(decisions * skillOf(record), 0.5)
  const surplus = confidence === undefined ? 0 : confidence - mean(stated, 0.5)
  return clamp(baseRate + skill * surplus)
}

/**
 * What a vote weighs: the log-odds that it is right, as is best for voters who err independently (Nitzan and Paroush 1982); 0 for
 * one that is no surer than even.
 */
export function evidence(probability: number): number {
  const known = clamp(probability)
  return Math.max(0, Math.log(known / (1 - known)))
}

/** From 0 to 1. 0 where the stated confidence says no more than the base rate does. */
function skillOf({ decisions, agreed, squared }: CalibrationRecord): number {
  if (decisions === 0) return 0
  const rate = agreed / decisions
  const reference = rate * (1 - rate)
  return reference === 0 ? 0 : Math.max(0, 1 - squared / decisions / reference)
}

function millionths(value: number): number {
  return Math.round(value * 1e6) / 1e6
}

function clamp(probability: number): number {
  return Math.min(SUREST, Math.max(1 - SUREST, probability))
}
