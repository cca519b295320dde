/** What a team is made of, as cards: what its versions are registered by. Writes nothing. */
import { jsonSha256 } from '../audit/canonical.ts'
import type { Agent } from '../define/agent.ts'
import type { Team } from '../define/team.ts'
import type { Tool } from '../define/tool.ts'
import type { Workflow } from '../define/workflow.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import type { Content } from '../schema/versions.ts'

/** Of a tool, which declares none. */
const FIRST_VERSION = '1.0.0'

/** Every agent, tool and workflow of a team, by type and name. */
export function contentsOf(team: Pick<Team, 'agents' | 'tools' | 'workflows'>): readonly Content[] {
  const contents = [...team.agents.map(agentCard), ...team.tools.map(toolCard), ...team.workflows.map(workflowCard)]
  return contents.sort((a, b) => (contentKey(a) < contentKey(b) ? -1 : 1))
}

/** `<type>/<name>` */
export function contentKey({ type, name }: Pick<Content, 'type' | 'name'>): string {
  return `${type}/${name}`
}

function agentCard(agent: Agent): Content {
  const { name, version, sha256, rights, role, goal, instructions, model, tools, checks, limits } = agent
  const spec = {
    ...{ kind: rights, role, goal, model, limits },
    instructionsSha256: jsonSha256(instructions),
    tools: namesOf(tools),
    checks: namesOf(checks),
    guardrails: namesOf(agent.guardrails),
    ...(agent.memory && { memory: { reads: namesOf(agent.memory.reads), writes: namesOf(agent.memory.writes) } }),
    ...schemaHashes(agent),
  }
  return { type: 'agent', name, version, sha256: sha256 as Content['sha256'], spec: plain(spec) }
}

function namesOf(all: readonly { readonly name: string }[] = []): string[] {
  return all.map(({ name }) => name)
}

function toolCard(tool: Tool): Content {
  const { name, sha256, description, effect, grants, timeoutSeconds, isolated, untrusted } = tool
  const spec = {
    ...{ description, effect, grants, timeoutSeconds, isolated, untrusted },
    inputSha256: jsonSha256(tool.inputSchema),
  }
  return { type: 'tool', name, version: FIRST_VERSION, sha256: sha256 as Content['sha256'], spec: plain(spec) }
}

function workflowCard(workflow: Workflow): Content {
  const { name, version, sha256, description, limits, budget } = workflow
  const spec = { description, limits, ...(budget && { budget }), ...schemaHashes(workflow) }
  return { type: 'workflow', name, version, sha256: sha256 as Content['sha256'], spec: plain(spec) }
}

function schemaHashes({ inputSchema, outputSchema }: { readonly inputSchema: Json; readonly outputSchema: Json }) {
  return { inputSha256: jsonSha256(inputSchema), outputSha256: jsonSha256(outputSchema) }
}

/** Undefined fields do not count. */
function plain(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as JsonObject
}
