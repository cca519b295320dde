/** What somebody should be told about a team. Without data nothing is wrong: what never happens sends nothing. */
import { Duration } from 'aws-cdk-lib'
import { Alarm, ComparisonOperator, type IMetric, Metric, TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch'
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import type { ObservedTeam } from './observed-team.ts'
import { throttleMetrics } from './team-dashboard.ts'
import { teamMetric } from './team-metrics.ts'

export interface TeamAlarmsProps {
  readonly observed: ObservedTeam
  /** Told of each alarm, and of its end. @default nobody: the alarms only show */
  readonly topic?: ITopic | undefined
}

const PERIOD = Duration.minutes(5)
/** Long enough that one failure among many steps is no alarm. */
const RATE_PERIOD = Duration.minutes(15)
/** Steps that fail, of all: more is not bad luck. */
const FAILING_STEPS = 0.1
/** The sealer's window is a minute. */
const UNSEALED = Duration.minutes(10)

export class TeamAlarms extends Construct {
  readonly alarms: readonly Alarm[]

  constructor(scope: Construct, id: string, { observed, topic }: TeamAlarmsProps) {
    super(scope, id)
    const { team, api, tables, runEndedFailures, sealer } = observed
    const serverErrors = new Metric({
      namespace: 'AWS/ApiGateway',
      metricName: '5XXError',
      dimensionsMap: { ApiName: api.restApiName },
      statistic: 'Sum',
      period: PERIOD,
    })
    this.alarms = [
      this.any('RunFailures', 'Runs failed or timed out', teamMetric(team, 'RunFailures', 'Sum', PERIOD)),
      this.over(
        'StepErrors',
        'More than 10 % of steps fail',
        teamMetric(team, 'StepErrors', 'Average', RATE_PERIOD),
        FAILING_STEPS,
      ),
      this.any('DeniedCalls', 'An agent asked for what it may not do', teamMetric(team, 'DeniedCalls', 'Sum', PERIOD)),
      this.any(
        'UnknownEffects',
        'Nobody knows whether a tool call had its effect: look at it by hand',
        teamMetric(team, 'UnknownEffects', 'Sum', PERIOD),
      ),
      this.any('OpenBreakers', 'A model is down: its breaker is open', teamMetric(team, 'OpenBreakers', 'Sum', PERIOD)),
      this.any(
        'BrokenGuards',
        'A canary was ended by its guard: GET /versions says which and why',
        teamMetric(team, 'BrokenGuards', 'Sum', PERIOD),
      ),
      this.any('ApiErrors', 'The API answered 5xx', serverErrors),
      ...Object.entries(tables).flatMap(([name, { tableName }]) =>
        throttleMetrics(tableName).map((metric) =>
          this.any(`${name}${metric.metricName}`, `DynamoDB refuses requests: table ${name}`, metric),
        ),
      ),
      ...(runEndedFailures === undefined
        ? []
        : [
            this.any(
              'LostEvents',
              'Events of runs could not be handled: see the queue',
              runEndedFailures.metricApproximateNumberOfMessagesVisible({ period: PERIOD, statistic: 'Maximum' }),
            ),
          ]),
      ...(sealer === undefined ? [] : this.ofSealer(team, sealer)),
    ]
    if (topic === undefined) return
    const action = new SnsAction(topic)
    for (const alarm of this.alarms) {
      alarm.addAlarmAction(action)
      alarm.addOkAction(action)
    }
  }

  private ofSealer(team: string, { function: sealing, failures }: NonNullable<ObservedTeam['sealer']>): Alarm[] {
    const waiting = failures.metricApproximateNumberOfMessagesVisible({ period: PERIOD, statistic: 'Maximum' })
    const age = sealing.metric('IteratorAge', { period: PERIOD, statistic: 'Maximum' })
    return [
      this.any(
        'AuditFaults',
        'The journal was changed or cut, or a row of it does not follow: see the log of the sealer',
        teamMetric(team, 'AuditFaults', 'Sum', PERIOD),
      ),
      this.over('LateSeals', 'Rows of the journal wait for their seal for 10 minutes', age, UNSEALED.toMilliseconds()),
      this.any('LostSeals', 'Changes of the journal could not be sealed: see the queue', waiting),
    ]
  }

  private any(id: string, what: string, metric: IMetric): Alarm {
    return this.over(id, what, metric, 0)
  }

  private over(id: string, alarmDescription: string, metric: IMetric, threshold: number): Alarm {
    return new Alarm(this, id, {
      alarmDescription,
      metric,
      threshold,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      evaluationPeriods: 1,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    })
  }
}
