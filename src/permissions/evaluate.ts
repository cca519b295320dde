/**
 * `evaluate`: what IAM would say of a request, by the very statements that `infra` deploys. An explicit denial goes before an
 * allowance, and what nothing allows is denied; a boundary only takes away. Knows no service control policies, no resource
 * policies and no conditions beside those of statement.ts: one that it does not know is an error, never passed over.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
import { compileConditions, type ReadContext, type RequestContext, readContext, type Test } from './conditions.ts'
import { likePattern, type Pattern } from './pattern.ts'
import type { Statement } from './statement.ts'

export interface AccessRequest {
  /** e.g. `dynamodb:GetItem` */
  readonly action: string
  /** An ARN, or `*` of an action that knows no resource. */
  readonly resource: string
  /** By condition key, e.g. `dynamodb:LeadingKeys`, `aws:PrincipalTag/runId`. */
  readonly context: RequestContext
}

export interface Verdict {
  readonly decision: 'allow' | 'explicitDeny' | 'implicitDeny'
  /** Of the statement that decided; absent where none did. */
  readonly sid?: string
  /** For people. */
  readonly why: string
}

interface CompiledStatement {
  readonly statement: Statement
  readonly resources: readonly Pattern[]
  readonly tests: readonly Test[]
}

/** Statements made ready to be asked many times. */
export interface Policy {
  /** Those that may speak of an action, in their order. @param action in lower case */
  about(action: string): readonly CompiledStatement[]
}

export interface Evaluation {
  /** All that the role holds: what one of them allows is allowed. */
  readonly policies: readonly Policy[]
  /** What the role may have at most. @default no bound */
  readonly boundary?: Policy | undefined
  readonly request: AccessRequest
}

/** @throws TypeError for a condition operator that is not known */
export function compilePolicy(statements: readonly Statement[]): Policy {
  const compiled = statements.map((statement) => ({
    statement,
    actions: statement.Action.map((action) => likePattern(action.toLowerCase())),
    resources: statement.Resource.map(likePattern),
    tests: compileConditions(statement.Condition),
  }))
  // Which statements there are for an action never changes, and a role asks for few.
  const known = new Map<string, readonly CompiledStatement[]>()
  return {
    about(action) {
      const found = known.get(action) ?? compiled.filter(({ actions }) => actions.some((fits) => fits(action, nothing)))
      if (known.size >= KNOWN_ACTIONS) known.clear()
      known.set(action, found)
      return found
    },
  }
}

const KNOWN_ACTIONS = 1_000

export function evaluate({ policies, boundary, request }: Evaluation): Verdict {
  const context = readContext(request.context)
  const action = request.action.toLowerCase()
  const all = boundary === undefined ? policies : [...policies, boundary]
  const denial = firstOf('Deny', all, action, request, context)
  if (denial !== undefined) {
    const why = `${denial.Sid} denies ${request.action} on ${request.resource}`
    return { decision: 'explicitDeny', sid: denial.Sid, why }
  }
  const allowed = firstOf('Allow', policies, action, request, context)
  if (allowed === undefined) return { decision: 'implicitDeny', why: whyNot(policies, action, request, context) }
  if (boundary !== undefined && firstOf('Allow', [boundary], action, request, context) === undefined) {
    const why = `${allowed.Sid} would allow it, but the boundary does not: ${whyNot([boundary], action, request, context)}`
    return { decision: 'implicitDeny', why }
  }
  return { decision: 'allow', sid: allowed.Sid, why: `${allowed.Sid} allows ${request.action}` }
}

function firstOf(
  effect: Statement['Effect'],
  policies: readonly Policy[],
  action: string,
  { resource }: AccessRequest,
  context: ReadContext,
): Statement | undefined {
  for (const policy of policies) {
    for (const { statement, resources, tests } of policy.about(action)) {
      if (statement.Effect !== effect) continue
      if (!resources.some((fits) => fits(resource, context.lookup))) continue
      if (tests.every((test) => test.holds(context))) return statement
    }
  }
  return undefined
}

/** Of those statements that speak of the action, which of their terms it failed by. */
function whyNot(
  policies: readonly Policy[],
  action: string,
  { action: asked, resource }: AccessRequest,
  context: ReadContext,
): string {
  const near = policies
    .flatMap((policy) => policy.about(action))
    .filter(({ statement }) => statement.Effect === 'Allow')
  if (near.length === 0) return `no statement allows ${asked}`
  const terms = near.map(({ statement: { Sid }, resources, tests }) => {
    const isOther = !resources.some((fits) => fits(resource, context.lookup))
    return `${Sid} (${isOther ? 'resource' : tests.find((test) => !test.holds(context))?.key})`
  })
  return `no statement allows ${asked} on it, by its terms: ${terms.join(', ')}`
}

function nothing(): undefined {
  return undefined
}
