/** Who may become an agent's `Run` role: its own `Exec` role, with both session tags, named after the run. */
import { type Conditions, SESSION_TAGS, type Statement, type TrustStatement } from './statement.ts'

/** Trust of `Run`. `ForAllValues` is true of a request without tags: hence the `Null` guard. */
export function runRoleTrust(execRoleArn: string): readonly [assume: TrustStatement, tag: TrustStatement] {
  const tags: Conditions = {
    'ForAllValues:StringEquals': { 'aws:TagKeys': [...SESSION_TAGS] },
    Null: {
      'aws:TagKeys': 'false',
      ...Object.fromEntries(SESSION_TAGS.map((tag) => [`aws:RequestTag/${tag}`, 'false'])),
    },
  }
  const named = { 'sts:RoleSessionName': '$'.concat('{aws:RequestTag/runId}') }
  const by = { Effect: 'Allow', Principal: { AWS: execRoleArn } } as const
  return [
    { Sid: 'AssumeForRun', ...by, Action: ['sts:AssumeRole'], Condition: { ...tags, StringEquals: named } },
    { Sid: 'TagForRun', ...by, Action: ['sts:TagSession'], Condition: tags },
  ]
}

/** The right of `Exec` to become `Run`. */
export function assumeRunStatement(runRoleArn: string): Statement {
  return {
    Sid: 'BecomeRun',
    Effect: 'Allow',
    Action: ['sts:AssumeRole', 'sts:TagSession'],
    Resource: [runRoleArn],
  }
}

/** The right of a function to write its own log. @param streams e.g. `<log group ARN>:*` */
export function logStatement(streams: string): Statement {
  return {
    Sid: 'WriteOwnLog',
    Effect: 'Allow',
    Action: ['logs:CreateLogStream', 'logs:PutLogEvents'],
    Resource: [streams],
  }
}
