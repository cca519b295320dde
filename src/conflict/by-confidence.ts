/** By how sure the voters are, each taken by its past record. */
import type { ConfidenceRule } from '../schema/resolve.ts'
import { type CalibrationRecord, calibrated, evidence, NO_RECORD } from './calibration.ts'
import { type Opinion, tallyOf, votesOf } from './opinion.ts'
import { settleTally } from './settle-tally.ts'
import type { Verdict } from './verdict.ts'

/** @param recordOf Of a voter; undefined where there is none yet. */
export function byConfidence(
  opinions: readonly Opinion[],
  { calibrated: byRecord, ...lines }: ConfidenceRule,
  recordOf: (voter: string) => CalibrationRecord | undefined = () => undefined,
): Verdict {
  const weightOf = ({ agent, confidence }: Opinion) =>
    evidence(byRecord ? calibrated(confidence, recordOf(agent) ?? NO_RECORD) : (confidence ?? 0.5))
  return settleTally('confidence', opinions, tallyOf(votesOf(opinions), weightOf), { ...lines, majority: 0 })
}
