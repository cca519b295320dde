/** Where an agent works. */
import type { Agent } from '../define/agent.ts'
import type { Team } from '../define/team.ts'
import { walk } from '../define/workflow-nodes.ts'

/** Names of the team's workflows with a step of the agent's. */
export function workflowsOf({ name }: Pick<Agent, 'name'>, { workflows }: Pick<Team, 'workflows'>): readonly string[] {
  const works = workflows.filter(({ root }) =>
    [...walk(root)].some((node) => node.kind === 'step' && node.agent.name === name),
  )
  return works.map((workflow) => workflow.name)
}
