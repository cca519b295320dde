/** IAM statements as data: what `infra` writes into policies and what a local gate can evaluate. Knows no agent. */

export type ConditionOperator =
  | 'Null'
  | 'StringEquals'
  | 'StringLike'
  | 'ArnLike'
  | 'ForAllValues:StringEquals'
  | 'ForAllValues:StringLike'

export type Conditions = {
  readonly [Operator in ConditionOperator]?: Readonly<Record<string, string | readonly string[]>>
}

export interface Statement {
  readonly Sid: string
  readonly Effect: 'Allow' | 'Deny'
  readonly Action: readonly string[]
  readonly Resource: readonly string[]
  readonly Condition?: Conditions
}

/** A statement of a role's trust policy: who may assume it. */
export interface TrustStatement {
  readonly Sid: string
  readonly Effect: 'Allow'
  readonly Principal: { readonly AWS: string }
  readonly Action: readonly string[]
  readonly Condition: Conditions
}

/** Session tags of a `Run` role. Task input sets them, never the text of a model. */
export const SESSION_TAGS = ['runId', 'stepId'] as const

/** The value of a session tag, as IAM fills it in. */
export const RUN_ID = '$'.concat('{aws:PrincipalTag/runId}')
export const STEP_ID = '$'.concat('{aws:PrincipalTag/stepId}')

/** Whether an action as IAM writes it, e.g. `states:SendTask*`, covers another. IAM compares without regard to case. */
export function covers(pattern: string, action: string): boolean {
  const parts = pattern.toLowerCase().split('*')
  const text = action.toLowerCase()
  const [first = '', ...others] = parts
  if (!text.startsWith(first)) return false
  let at = first.length
  for (const [index, part] of others.entries()) {
    const isLast = index === others.length - 1
    const found = isLast ? text.length - part.length : text.indexOf(part, at)
    if (found < at || !text.startsWith(part, found)) return false
    at = found + part.length
  }
  return at === text.length
}
