/** One page that shows how a team is doing: its runs, its agents, the services below them. Alarms are not its business. */
import { Duration } from 'aws-cdk-lib'
import { Dashboard, GraphWidget, type IMetric, type IWidget, Metric, TextWidget } from 'aws-cdk-lib/aws-cloudwatch'
import { Construct } from 'constructs'
import type { ObservedTeam } from './observed-team.ts'
import { type DimensionedMetric, eachMetric, teamMetric } from './team-metrics.ts'

/** The narrowest that CloudWatch keeps for two months. */
const PERIOD = Duration.minutes(5)
/** Of 24. */
const WIDTH = 8
const HEIGHT = 6

export class TeamDashboard extends Construct {
  readonly dashboard: Dashboard

  constructor(scope: Construct, id: string, observed: ObservedTeam) {
    super(scope, id)
    this.dashboard = new Dashboard(this, 'Dashboard', {
      defaultInterval: Duration.hours(12),
      widgets: [
        [heading(`# ${observed.team}\nEach run, step and error: Logs Insights, saved queries of this stack.`)],
        ...rows(runWidgets(observed)),
        [heading('## Agents')],
        ...rows(agentWidgets(observed)),
        [heading('## Below')],
        ...rows(serviceWidgets(observed)),
      ],
    })
  }
}

function runWidgets({ team, machines }: ObservedTeam): IWidget[] {
  const each = eachOf(team)
  return [
    graph('Runs by how they ended', [each('Runs', 'Sum')], {
      stacked: true,
      right: [each('ReleaseMoves', 'Sum')],
    }),
    graph('Time of a run, ms', [each('RunDuration', 'p50'), each('RunDuration', 'p99')]),
    graph('Cost of a run, US dollars', [each('RunCostUsd', 'Average'), each('RunCostUsd', 'Maximum')], {
      right: [each('RunUnknownCosts', 'Sum')],
    }),
    graph(
      'State machines: failed, timed out, throttled',
      Object.entries(machines).flatMap(([name, machine]) => [
        machine.metricFailed({ label: `${name} failed`, period: PERIOD }),
        machine.metricTimedOut({ label: `${name} timed out`, period: PERIOD }),
        machine.metricThrottled({ label: `${name} throttled`, period: PERIOD }),
      ]),
    ),
    graph('Errors by name', [each('Errors', 'Sum')], { stacked: true }),
    graph('Denied calls', [each('DeniedCalls', 'Sum')], { stacked: true }),
    graph('What people decided', [each('Approvals', 'Sum')], {
      stacked: true,
      right: [each('ApprovalRequests', 'Sum')],
    }),
    graph('Time until people decided, ms', [each('ApprovalWait', 'p50'), each('ApprovalWait', 'Maximum')]),
    graph('Stopped by a budget, a brake', [each('BudgetStops', 'Sum'), each('BrakedSteps', 'Sum')], { stacked: true }),
  ]
}

function agentWidgets({ team }: ObservedTeam): IWidget[] {
  const each = eachOf(team)
  return [
    graph('Latency of a step, ms', [each('StepLatency', 'p50'), each('StepLatency', 'p99')]),
    graph('Turns', [each('Turns', 'Sum')], { stacked: true }),
    graph('Steps that failed', [each('StepErrors', 'Sum')], {
      stacked: true,
      right: [teamMetric(team, 'StepErrors', 'Average', PERIOD).with({ label: 'rate of the team' })],
    }),
    graph('Tokens in', [each('InputTokens', 'Sum')], { stacked: true }),
    graph('Tokens out', [each('OutputTokens', 'Sum')], { stacked: true }),
    graph('Cost, US dollars', [each('CostUsd', 'Sum')], { stacked: true, right: [each('UnknownCosts', 'Sum')] }),
    graph('Failed tool calls', [each('ToolErrors', 'Sum')], { stacked: true }),
    graph('Effects that nobody knows of', [each('UnknownEffects', 'Sum')], { stacked: true }),
    graph('Model calls made again, fallbacks', [each('Retries', 'Sum')], {
      stacked: true,
      right: [teamMetric(team, 'OpenBreakers', 'Sum', PERIOD).with({ label: 'kept off a model that is down' })],
    }),
    graph('Pauses: out of time, waiting, begun again', [
      each('Continues', 'Sum'),
      each('Waits', 'Sum'),
      each('RepeatedAttempts', 'Sum'),
    ]),
  ]
}

function serviceWidgets({ team, agents, functions, api, tables }: ObservedTeam): IWidget[] {
  const lambdas = Object.entries({ ...functions, ...agents })
  const apiMetric = (metricName: string, statistic: string) =>
    new Metric({
      namespace: 'AWS/ApiGateway',
      metricName,
      dimensionsMap: { ApiName: api.restApiName },
      statistic,
      period: PERIOD,
    })
  return [
    graph(
      'Functions: throttled, failed',
      lambdas.flatMap(([name, { function: lambda }]) => [
        lambda.metricThrottles({ label: `${name} throttled`, period: PERIOD }),
        lambda.metricErrors({ label: `${name} failed`, period: PERIOD }),
      ]),
      { right: [teamMetric(team, 'ColdStart', 'Sum', PERIOD).with({ label: 'cold starts' })] },
    ),
    graph('API: requests', [apiMetric('Count', 'Sum'), apiMetric('4XXError', 'Sum'), apiMetric('5XXError', 'Sum')]),
    graph('API: latency, ms', [apiMetric('Latency', 'p50'), apiMetric('Latency', 'p99')], {
      right: [eachMetric(team, 'RequestLatency', 'p99', PERIOD)],
    }),
    graph(
      'Tables: throttled',
      Object.entries(tables).flatMap(([name, { tableName }]) =>
        throttleMetrics(tableName).map((metric) => metric.with({ label: `${name} ${metric.metricName}` })),
      ),
    ),
  ]
}

/** Reads and writes that DynamoDB refused, of a table. Its index is counted apart. */
export function throttleMetrics(tableName: string): Metric[] {
  return ['ReadThrottleEvents', 'WriteThrottleEvents'].map(
    (metricName) =>
      new Metric({
        namespace: 'AWS/DynamoDB',
        metricName,
        dimensionsMap: { TableName: tableName },
        statistic: 'Sum',
        period: PERIOD,
      }),
  )
}

function eachOf(team: string) {
  return (name: DimensionedMetric, statistic: string) => eachMetric(team, name, statistic, PERIOD)
}

interface More {
  readonly right?: IMetric[]
  readonly stacked?: boolean
}

function graph(title: string, left: IMetric[], { right = [], stacked = false }: More = {}): IWidget {
  return new GraphWidget({ title, left, right, stacked, width: WIDTH, height: HEIGHT, period: PERIOD })
}

function heading(markdown: string): IWidget {
  return new TextWidget({ markdown, width: 24, height: markdown.startsWith('# ') ? 2 : 1 })
}

function rows(widgets: readonly IWidget[]): IWidget[][] {
  const perRow = 24 / WIDTH
  return Array.from({ length: Math.ceil(widgets.length / perRow) }, (_, row) =>
    widgets.slice(row * perRow, (row + 1) * perRow),
  )
}
