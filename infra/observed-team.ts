/** What there is to observe of a deployed team. The constructs that read it make no functions, tables or machines. */
import type { IRestApi } from 'aws-cdk-lib/aws-apigateway'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { ILogGroup } from 'aws-cdk-lib/aws-logs'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { IStateMachine } from 'aws-cdk-lib/aws-stepfunctions'

/** A function with the log group that it writes to. */
export interface ObservedFunction {
  readonly function: IFunction
  readonly logGroup: ILogGroup
}

export interface ObservedTeam {
  /** The team's name, as declared: the `service` of its log lines and metrics. */
  readonly team: string
  /** By agent name, as declared. */
  readonly agents: Readonly<Record<string, ObservedFunction>>
  /** The team's other functions, by a name to show: api, start, runEnded, release, isolated tools. */
  readonly functions: Readonly<Record<string, ObservedFunction>>
  /** By workflow name, as declared. */
  readonly machines: Readonly<Record<string, IStateMachine>>
  readonly api: Pick<IRestApi, 'restApiName'>
  /** By a name to show: records, journal. */
  readonly tables: Readonly<Record<string, Pick<ITable, 'tableName'>>>
  /** Where the events lie that `run-ended` could not take. */
  readonly runEndedFailures?: IQueue
  /** What seals the journal, and where the changes lie that it could not seal. */
  readonly sealer?: { readonly function: IFunction; readonly failures: IQueue }
}
