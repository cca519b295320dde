/**
 * The boundary of every agent role: a ceiling. It allows by name the actions that the team's agents and tools ask for, and
 * denies what no agent may ever do, whatever a policy says. Grants nothing by itself.
 */
import type { Agent } from '../define/agent.ts'
import type { Team } from '../define/team.ts'
import type { Issue } from '../errors.ts'
import { covers, type Statement } from './statement.ts'
import { TELEMETRY_ACTIONS } from './telemetry-statements.ts'

/** `SendTask…` cannot be held to one task, so only the approval function may ever hold it. */
export const NEVER_ACTIONS = ['iam:*', 'kms:Sign', 'states:SendTask*', 'states:StartExecution']

/** What would change or remove evidence. */
const REWRITING_ACTIONS = [
  'dynamodb:BatchWriteItem',
  'dynamodb:DeleteItem',
  'dynamodb:DeleteTable',
  'dynamodb:PartiQLDelete',
  'dynamodb:PartiQLInsert',
  'dynamodb:PartiQLUpdate',
  'dynamodb:UpdateItem',
  'dynamodb:UpdateTable',
]

/** Every agent's function needs these for itself: its log, its trace, becoming `Run`. */
const FUNCTION_ACTIONS = [
  'logs:CreateLogStream',
  'logs:PutLogEvents',
  'sts:AssumeRole',
  'sts:TagSession',
  'xray:PutTelemetryRecords',
  'xray:PutTraceSegments',
]

/** @param granted Every statement of every role under this boundary. */
export function agentBoundary(granted: readonly Statement[], journalTableArn: string): readonly Statement[] {
  const actions = [...new Set([...FUNCTION_ACTIONS, ...granted.flatMap(({ Action }) => Action)])].sort()
  return [
    { Sid: 'AgentsMayEver', Effect: 'Allow', Action: actions, Resource: ['*'] },
    { Sid: 'JournalIsAppendOnly', Effect: 'Deny', Action: REWRITING_ACTIONS, Resource: [journalTableArn] },
    { Sid: 'AgentsMayNever', Effect: 'Deny', Action: NEVER_ACTIONS, Resource: ['*'] },
  ]
}

/** Grants of tools and guardrails that no role could hold. */
export function grantIssues({ agents }: Pick<Team, 'agents'>): readonly Issue[] {
  return agents.flatMap((agent) =>
    grantsOf(agent).flatMap(({ path, action }): Issue[] => {
      if (NEVER_ACTIONS.some((never) => covers(never, action))) {
        const remedy = 'leave it out; do it in a function that is no agent'
        return [{ path, message: `${action} is denied to every agent`, remedy }]
      }
      if (agent.rights !== 'support' || TELEMETRY_ACTIONS.includes(action)) return []
      const remedy = `make ${agent.name} a worker, or leave ${action} out`
      return [{ path, message: `${action}: an agent of the kind "support" reads telemetry only`, remedy }]
    }),
  )
}

/** Each action of each grant, and where it is declared. */
function grantsOf({ name, tools, guardrails = [] }: Agent): readonly { path: string; action: string }[] {
  const declared = [
    ...tools.map((tool) => ({ of: `tools.${tool.name}`, grants: tool.grants })),
    ...guardrails.map((guardrail) => ({ of: `guardrails.${guardrail.name}`, grants: guardrail.grants })),
  ]
  return declared.flatMap(({ of, grants }) =>
    grants.flatMap(({ actions }, index) =>
      actions.map((action) => ({ path: `agents.${name}.${of}.grants.${index}`, action })),
    ),
  )
}
