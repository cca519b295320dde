/** Values that are counted by the same dimensions: one EMF document. Adds nothing up over time: CloudWatch does. */
import { METRIC_DIMENSIONS, METRIC_UNITS, type MetricName, type MetricUnit } from './metric-names.ts'

export interface Metric {
  readonly name: MetricName
  readonly unit: MetricUnit
  readonly value: number
}

export interface MetricGroup {
  /** Sets of dimensions, beside `service`, each counted apart. */
  readonly dimensions: readonly Readonly<Record<string, string>>[]
  readonly metrics: readonly Metric[]
}

export type MetricValues = { readonly [Name in MetricName]?: number | undefined }

/**
 * @param values Absent ones are not counted: a metric that is never sent costs nothing.
 * @param of The value of each dimension that the metrics are counted by.
 */
export function metricGroups(values: MetricValues, of: Readonly<Record<string, string>> = {}): MetricGroup[] {
  const groups = new Map<string, Metric[]>()
  for (const [name, value] of Object.entries(values) as [MetricName, number | undefined][]) {
    if (value === undefined) continue
    const sets = JSON.stringify(METRIC_DIMENSIONS[name])
    const group = groups.get(sets) ?? []
    group.push({ name, unit: METRIC_UNITS[name], value })
    groups.set(sets, group)
  }
  return [...groups].map(([sets, metrics]) => ({
    dimensions: (JSON.parse(sets) as string[][]).map((names) =>
      Object.fromEntries(names.map((name) => [name, of[name] ?? 'unknown'])),
    ),
    metrics,
  }))
}
