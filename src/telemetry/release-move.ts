/** A change of which release starts take, as one log line and as metrics: numbers and names, and no reason that anybody gave. */
import type { JsonObject } from '../schema/json.ts'
import type { Move } from '../schema/versions.ts'
import { BATON, PLACE } from './genai-names.ts'
import { type MetricGroup, metricGroups } from './metric-group.ts'

/** `event` of the line; no journal row has it. */
export const RELEASE_EVENT = 'release'

export function logOfMove({ revision, kind, from, to, rule }: Move): JsonObject {
  return {
    [PLACE.event]: RELEASE_EVENT,
    [PLACE.status]: kind,
    [BATON.pointerRevision]: revision,
    ...(from && { [BATON.releaseBefore]: from.stable }),
    [BATON.release]: to.stable,
    ...(to.canary && { [BATON.canaryRelease]: to.canary.release, [BATON.canaryPercent]: to.canary.percent }),
    ...(rule && { [PLACE.rule]: `guard.${rule.rule}` }),
  }
}

export function moveMetrics({ kind, rule }: Move): MetricGroup[] {
  return metricGroups({ ReleaseMoves: 1, BrokenGuards: rule && 1 }, { move: kind })
}
