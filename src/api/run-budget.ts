/** The budgets of a run: what its workflow declares, what its start asks for, what its team shares. Writes nothing. */

import type { Team } from '../define/team.ts'
import type { Workflow } from '../define/workflow.ts'
import type { WorkflowNode } from '../define/workflow-node.ts'
import { childrenOf } from '../define/workflow-nodes.ts'
import { InvalidRequest } from '../errors.ts'
import type { BudgetLimits, RunBudget } from '../schema/budget.ts'
import { workflowBounds } from '../workflow/bounds.ts'

/**
 * Undefined where nothing is limited. In a team with a budget, a run without one of its own in dollars gets what
 * its agents' limits let it cost at worst: it cannot begin before so much is set aside.
 * @throws InvalidRequest where a start asks for more than its workflow may have.
 */
export function runBudgetOf(team: Team, workflow: Workflow, asked: BudgetLimits | undefined): RunBudget | undefined {
  const own = lowered(workflow, asked)
  const workflows = Object.fromEntries(budgetsBelow(workflow.root, ''))
  const hasOwn = Object.keys(own).length > 0
  const hasWorkflows = Object.keys(workflows).length > 0
  if (!hasOwn && !hasWorkflows && team.budget === undefined) return undefined
  const run = team.budget === undefined ? own : { costUsd: worstCaseUsd(workflow), ...own }
  return {
    ...(Object.keys(run).length > 0 && { run }),
    ...(hasWorkflows && { workflows }),
    ...(team.budget && { team: team.budget }),
  }
}

function lowered({ name, budget = {} }: Workflow, asked: BudgetLimits = {}): BudgetLimits {
  for (const counted of Object.keys(asked) as (keyof BudgetLimits)[]) {
    const [most, wanted] = [budget[counted], asked[counted]]
    if (most === undefined || wanted === undefined || wanted <= most) continue
    throw new InvalidRequest({
      message: `The budget asks for ${counted} ${wanted}; workflow ${name} may have ${most}`,
      next: 'Ask for that or less; what it needs beyond can be granted while it runs: baton budget RUN --raise',
    })
  }
  return { ...budget, ...asked }
}

/** By the path of the steps of each child workflow: see `RunBudget`. */
function budgetsBelow(node: WorkflowNode, path: string): [string, BudgetLimits][] {
  if (node.kind === 'workflow') {
    const below = `${path}${node.name}/`
    const own: [string, BudgetLimits][] = node.workflow.budget === undefined ? [] : [[below, node.workflow.budget]]
    return [...own, ...budgetsBelow(node.workflow.root, below)]
  }
  const within =
    node.kind === 'forEach' ? `${path}${node.name}:*/` : node.kind === 'repeat' ? `${path}${node.name}=*/` : path
  return childrenOf(node).flatMap((child) => budgetsBelow(child, within))
}

/** By the agents' own limits, whatever their models cost. */
function worstCaseUsd(workflow: Workflow): number {
  return workflowBounds(workflow).costUsd ?? 0
}
