/**
 * Whether a team stays within its declared limits and within what Step Functions allows. That its parts fit together was
 * checked by `defineTeam` already.
 */
import jsonata from 'jsonata'
import type { Expression } from '../define/expressions.ts'
import type { Team } from '../define/team.ts'
import type { Workflow } from '../define/workflow.ts'
import { childrenOf, expressionsOf, partsOf, walk } from '../define/workflow-nodes.ts'
import { InvalidDefinition, type Issue } from '../errors.ts'
import { type PriceOf, workflowBounds } from './bounds.ts'
import { EXECUTION_EVENTS } from './events.ts'
import { resultIssues } from './result-issues.ts'

/** As the records take them. */
const STEP_ID_LENGTH = 200

export function validate(team: Team, priceOf?: PriceOf): readonly Issue[] {
  return team.workflows.flatMap((workflow) =>
    [...rawIssues(workflow), ...limitIssues(workflow, priceOf), ...platformIssues(workflow)].map((issue) => ({
      ...issue,
      path: `workflows.${workflow.name}.${issue.path}`,
    })),
  )
}

/** @throws InvalidDefinition */
export function assertValid(team: Team, priceOf?: PriceOf): void {
  const issues = validate(team, priceOf)
  if (issues.length > 0) throw new InvalidDefinition(`team ${JSON.stringify(team.name)}`, issues)
}

/** Text that does not parse by itself would change what is written around it. */
function rawIssues(workflow: Workflow): Issue[] {
  const raw = (expression: Expression): readonly string[] => [
    ...(expression.op === 'jsonata' ? [expression.text] : []),
    ...partsOf(expression).flatMap(raw),
  ]
  return [...walk(workflow.root)].flatMap((node) =>
    expressionsOf(node)
      .flatMap(raw)
      .flatMap((text) => {
        const fault = parseFault(text)
        if (fault === undefined) return []
        const path = `steps.${'name' in node ? node.name : node.kind}`
        return [
          { path, message: `no JSONata: ${text}: ${fault}`, remedy: 'correct the expression, e.g. at try.jsonata.org' },
        ]
      }),
  )
}

function parseFault(text: string): string | undefined {
  try {
    jsonata(text)
    return undefined
  } catch (error) {
    return (error as { message?: string }).message ?? 'it does not parse'
  }
}

function limitIssues(workflow: Workflow, priceOf: PriceOf | undefined): Issue[] {
  const worst = workflowBounds(workflow, priceOf)
  const issues: Issue[] = []
  for (const key of ['costUsd', 'seconds', 'tokens', 'modelCalls'] as const) {
    const limit = workflow.limits[key]
    const bound = worst[key === 'modelCalls' ? 'answers' : key]
    if (limit === undefined || bound === null || bound <= limit) continue
    issues.push({
      path: `limits.${key}`,
      message: `the worst case is ${bound}, above the declared ${limit}`,
      remedy: `raise limits.${key} to ${bound}, or lower the agents' limits or the max of forEach and repeat`,
    })
  }
  return issues
}

function platformIssues(workflow: Workflow): Issue[] {
  const { events } = workflowBounds(workflow)
  const tooMany: Issue = {
    path: 'steps',
    message: `one execution may take ${events} history events, of ${EXECUTION_EVENTS} that Step Functions allows`,
    remedy: 'move branches of a large parallel into child workflows, or use forEach',
  }
  return [...(events > EXECUTION_EVENTS ? [tooMany] : []), ...idIssues(workflow), ...resultIssues(workflow)]
}

/** Names are part of the ids under which steps are recorded. */
function idIssues(workflow: Workflow): Issue[] {
  const longest = longestId(workflow)
  if (longest.length <= STEP_ID_LENGTH) return []
  const message = `a step id may be ${longest.length} characters long, of ${STEP_ID_LENGTH} allowed: ${longest}`
  return [{ path: 'steps', message, remedy: 'shorten the names of the nodes around it' }]
}

function longestId(workflow: Workflow): string {
  let longest = ''
  const visit = (node: Workflow['root'], prefix: string): void => {
    const id = 'name' in node ? `${prefix}${node.name}` : prefix
    if (id.length > longest.length) longest = id
    if (node.kind === 'workflow') visit(node.workflow.root, `${id}/`)
    const inner =
      node.kind === 'forEach' ? `${id}:${node.max}/` : node.kind === 'repeat' ? `${id}=${node.max}/` : prefix
    for (const child of childrenOf(node)) visit(child, inner)
  }
  visit(workflow.root, '')
  return longest
}
