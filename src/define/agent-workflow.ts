/** The workflow of one step that runs an agent alone, so that a single agent is a run like any other. */
import type { Agent } from './agent.ts'
import type { Ref } from './expressions.ts'
import { step } from './patterns.ts'
import { grantedKeys } from './state.ts'
import type { Team } from './team.ts'
import { defineWorkflow, type Workflow } from './workflow.ts'

const NAME_CHARACTERS = 48

export function agentWorkflowName(agent: Agent): string {
  return `agent-${agent.name}`.slice(0, NAME_CHARACTERS)
}

export function agentWorkflow(agent: Agent): Workflow {
  return defineWorkflow({
    name: agentWorkflowName(agent),
    version: agent.version,
    description: `${agent.name} alone`,
    input: agent.input,
    output: agent.output,
    ...(agent.state && { state: grantedKeys(agent.state) }),
    steps: ({ run }) => step(agent.name, agent, { input: run.input as Ref<never> }),
  })
}

/** A workflow of the team, or the one that runs one of its agents alone. */
export function workflowNamed(team: Team, name: string): Workflow | undefined {
  const declared = team.workflows.find((workflow) => workflow.name === name)
  if (declared) return declared
  const agent = team.agents.find((candidate) => agentWorkflowName(candidate) === name)
  return agent && agentWorkflow(agent)
}
