/**
 * `TeamObservability`: where to look at a team, and who is told when something is wrong. Saved queries cost nothing and are
 * always there; the dashboard and the alarms cost money while nothing runs, so that a stage to try things in has none.
 */
import { Stack } from 'aws-cdk-lib'
import type { Dashboard } from 'aws-cdk-lib/aws-cloudwatch'
import { CfnQueryDefinition } from 'aws-cdk-lib/aws-logs'
import type { ITopic } from 'aws-cdk-lib/aws-sns'
import { Construct } from 'constructs'
import { SAVED_QUERIES } from '../src/telemetry/saved-queries.ts'
import type { ObservedTeam } from './observed-team.ts'
import type { Stage } from './stage.ts'
import { TeamAlarms } from './team-alarms.ts'
import { TeamDashboard } from './team-dashboard.ts'

export interface TeamObservabilityProps {
  readonly observed: ObservedTeam
  readonly stage: Stage
  /** US dollars 3 a month beyond an account's first three. @default in prod only */
  readonly dashboard?: boolean | undefined
  /** US dollars 0.10 a month each. @default in prod only */
  readonly alarms?: boolean | undefined
  /** Told of alarms. @default nobody: the alarms only show */
  readonly alarmTopic?: ITopic | undefined
}

/** Log groups that one query may search. */
const LOG_GROUPS = 50

export class TeamObservability extends Construct {
  readonly dashboard: Dashboard | undefined
  readonly alarms: TeamAlarms | undefined
  /** Of the dashboard; where there is none, of Logs Insights, where the saved queries are. */
  readonly dashboardUrl: string

  constructor(scope: Construct, id: string, props: TeamObservabilityProps) {
    super(scope, id)
    const { observed, stage, dashboard = stage === 'prod', alarms = stage === 'prod' } = props
    this.saveQueries(observed)
    this.dashboard = dashboard ? new TeamDashboard(this, 'Dashboard', observed).dashboard : undefined
    this.alarms = alarms ? new TeamAlarms(this, 'Alarms', { observed, topic: props.alarmTopic }) : undefined
    this.dashboardUrl = this.urlOf(this.dashboard)
  }

  private saveQueries({ agents, functions }: ObservedTeam): void {
    const { stackName } = Stack.of(this)
    const logGroups = Object.values({ ...agents, ...functions }).map(({ logGroup }) => logGroup.logGroupName)
    const parts = Math.ceil(logGroups.length / LOG_GROUPS)
    for (const { name, text } of SAVED_QUERIES) {
      for (let part = 0; part < parts; part += 1) {
        const suffix = parts === 1 ? '' : ` (${part + 1} of ${parts})`
        new CfnQueryDefinition(this, `${name}${suffix}`.replaceAll(/[^A-Za-z0-9]+/g, ''), {
          name: `${stackName}/${name}${suffix}`,
          queryString: text,
          logGroupNames: logGroups.slice(part * LOG_GROUPS, (part + 1) * LOG_GROUPS),
        })
      }
    }
  }

  private urlOf(dashboard: Dashboard | undefined): string {
    const { region } = Stack.of(this)
    const console = `https://${region}.console.aws.amazon.com/cloudwatch/home?region=${region}`
    return dashboard === undefined
      ? `${console}#logsV2:logs-insights`
      : `${console}#dashboards/dashboard/${dashboard.dashboardName}`
  }
}
