/** What permissions are given on: ARNs of a deployed team, known or still to be filled in by CloudFormation. */

export interface DataResources {
  readonly recordsTableArn: string
  readonly journalTableArn: string
  readonly artifactsBucketArn: string
  /** Of the customer-managed key that encrypts them, where there is one. */
  readonly keyArn?: string | undefined
  readonly place: Place
}

/** Where a team is deployed. */
export interface Place {
  /** e.g. `aws` */
  readonly partition: string
  readonly region: string
  readonly account: string
  /** Its name. */
  readonly team: string
}

export interface AgentResources extends DataResources {
  /** Region that Bedrock is asked in. Absent: another provider's models answer. */
  readonly bedrockRegion?: string | undefined
  /** Of a server that answers with one model, whatever id it is asked for: the one that breakers know. */
  readonly fixedModelId?: string | undefined
  /** ARN, without a version, of the function of each isolated tool. */
  readonly toolFunctionArns: Readonly<Record<string, string>>
  /** Workflows that the agent works in: whose state it shares, as far as it was granted it. */
  readonly workflows?: readonly string[]
  /** Of the team's log groups, for agents of the kind `support`. */
  readonly logGroupArns?: readonly string[]
}

/** The sparse index of both tables. */
export const INDEX_NAME = 'index'

export function indexArn(tableArn: string): string {
  return indexArnOf(tableArn, INDEX_NAME)
}

export function indexArnOf(tableArn: string, index: string): string {
  return `${tableArn}/index/${index}`
}

/** Every version of a function: those of waiting runs are not known in advance. */
export function versionsOf(functionArn: string): string {
  return `${functionArn}:*`
}
