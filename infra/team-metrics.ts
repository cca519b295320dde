/** A team's own metrics as CloudWatch reads them, by the names and dimensions that they are sent with. */
import type { Duration } from 'aws-cdk-lib'
import { type IMetric, Metric, SearchExpression } from 'aws-cdk-lib/aws-cloudwatch'
import { METRIC_DIMENSIONS, METRIC_NAMESPACE, type MetricName, SERVICE } from '../src/telemetry/metric-names.ts'

/** Names of the metrics that are counted for the whole team too. */
export type TeamMetric = {
  [Name in MetricName]: readonly [] extends (typeof METRIC_DIMENSIONS)[Name][number] ? Name : never
}[MetricName]

/** Names of those that are counted by agent, error, status, workflow or operation. */
export type DimensionedMetric = {
  [Name in MetricName]: (typeof METRIC_DIMENSIONS)[Name][number] extends readonly [] ? never : Name
}[MetricName]

/** Of the whole team. */
export function teamMetric(team: string, name: TeamMetric, statistic: string, period: Duration): Metric {
  const dimensionsMap = { [SERVICE]: team }
  return new Metric({ namespace: METRIC_NAMESPACE, metricName: name, dimensionsMap, statistic, period })
}

/**
 * A line for each agent, error, status, workflow or operation that has sent the metric: found when the dashboard is looked
 * at, so that what was never sent is not missing either.
 */
export function eachMetric(team: string, name: DimensionedMetric, statistic: string, period: Duration): IMetric {
  const [dimension = ''] = METRIC_DIMENSIONS[name].flat()
  const schema = [METRIC_NAMESPACE, SERVICE, dimension].join(',')
  const expression = `SEARCH('{${schema}} ${SERVICE}="${team}" MetricName="${name}"', '${statistic}', ${period.toSeconds()})`
  return new SearchExpression({ expression, label: `\${PROP('Dim.${dimension}')} ${statistic}`, period })
}
