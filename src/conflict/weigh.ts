/** What the voters' own words come to, by the rule that was declared. Pure: the same for the same. */
import { assertNever } from '../errors.ts'
import type { ResolveRule } from '../schema/resolve.ts'
import { byAgreement } from './by-agreement.ts'
import { byAuthority } from './by-authority.ts'
import { byConfidence } from './by-confidence.ts'
import { byVeto } from './by-veto.ts'
import { byVote } from './by-vote.ts'
import type { CalibrationRecord } from './calibration.ts'
import type { Opinion } from './opinion.ts'
import type { Verdict } from './verdict.ts'

/** @param recordOf Of a voter's agent; undefined where there is none. */
export function weigh(
  opinions: readonly Opinion[],
  rule: ResolveRule,
  recordOf: (voter: string) => CalibrationRecord | undefined = () => undefined,
): Verdict {
  switch (rule.rule) {
    case 'vote':
      return byVote(opinions, rule)
    case 'confidence':
      return byConfidence(opinions, rule, recordOf)
    case 'authority':
      return byAuthority(opinions, rule)
    case 'veto':
      return byVeto(opinions, rule, (all) => weigh(all, rule.then, recordOf))
    case 'judge':
    case 'supervisor':
      return byAgreement(opinions, rule.rule)
    default:
      return assertNever(rule)
  }
}
