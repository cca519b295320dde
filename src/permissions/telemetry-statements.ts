/** What an agent of the kind `support` may read without a grant of its own: the team's logs, and metrics. */
import type { AgentResources } from './resources.ts'
import type { Statement } from './statement.ts'

/** All that a support agent's tools may ask for. */
export const TELEMETRY_ACTIONS = [
  'cloudwatch:DescribeAlarms',
  'cloudwatch:GetMetricData',
  'cloudwatch:GetMetricStatistics',
  'cloudwatch:ListMetrics',
  'logs:DescribeLogGroups',
  'logs:FilterLogEvents',
  'logs:GetLogEvents',
  'logs:GetQueryResults',
  'logs:StartQuery',
  'logs:StopQuery',
  'xray:BatchGetTraces',
  'xray:GetTraceSummaries',
]

export function telemetryStatements({ logGroupArns = [] }: AgentResources): readonly Statement[] {
  const logs: Statement[] =
    logGroupArns.length === 0
      ? []
      : [
          {
            Sid: 'ReadTeamLogs',
            Effect: 'Allow',
            Action: ['logs:FilterLogEvents', 'logs:StartQuery'],
            Resource: logGroupArns,
          },
        ]
  // None of these knows a resource to be held to.
  const Action = ['cloudwatch:GetMetricData', 'logs:GetQueryResults', 'logs:StopQuery']
  return [...logs, { Sid: 'ReadMetrics', Effect: 'Allow', Action, Resource: ['*'] }]
}
