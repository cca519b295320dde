/** `describeTeam`: a team for those who do not have its file. Prices nothing: costs are the agents' own limits. */
import * as z from 'zod'
import type { Agent } from '../define/agent.ts'
import type { Team } from '../define/team.ts'
import type { Workflow } from '../define/workflow.ts'
import type { Sha256 } from '../schema/ids.ts'
import type { JsonObject } from '../schema/json.ts'
import type { AgentDescription, TeamDescription, WorkflowDescription } from '../schema/team-description.ts'
import { workflowBounds } from '../workflow/bounds.ts'

export function describeTeam(team: Team): TeamDescription {
  return {
    team: team.name,
    sha256: team.sha256 as Sha256,
    description: team.description,
    settingsSchema: z.toJSONSchema(team.settings, { io: 'input' }) as JsonObject,
    agents: team.agents.map(describeAgent),
    workflows: team.workflows.map(describeWorkflow),
  }
}

function describeAgent(agent: Agent): AgentDescription {
  const { name, version, rights, role, goal, model, limits, inputSchema, outputSchema } = agent
  const { id, fallbacks, temperature, maxTokens } = model
  return {
    name,
    version,
    sha256: agent.sha256 as Sha256,
    kind: rights,
    role,
    goal,
    model: { id, fallbacks, ...(temperature === undefined ? {} : { temperature }), maxTokens },
    tools: agent.tools.map(({ name, description, effect }) => ({ name, description, effect })),
    checks: agent.checks.map(({ name, description }) => ({ name, description })),
    limits,
    inputSchema,
    outputSchema,
  }
}

function describeWorkflow(workflow: Workflow): WorkflowDescription {
  const { name, version, description, inputSchema, outputSchema, example } = workflow
  const { workflow: _name, perStep: _steps, people, ...bounds } = workflowBounds(workflow)
  return {
    name,
    version,
    sha256: workflow.sha256 as Sha256,
    description,
    inputSchema,
    outputSchema,
    ...(example === undefined ? {} : { example }),
    bounds,
    ...(people.length > 0 && { people: [...people] }),
  }
}
