/** Whether agents and workflows make a team: names that are unique, and everything that a workflow uses declared. */
import * as z from 'zod'
import type { Issue } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import type { Agent } from './agent.ts'
import { agentTimeIssues } from './agent-times.ts'
import { delegationIssues } from './delegation.ts'
import { memoryIssues } from './memory.ts'
import { messageIssues } from './message-edges.ts'
import { stateIssues } from './state-fit.ts'
import { trifectaIssues } from './trifecta.ts'
import type { Workflow } from './workflow.ts'
import { walk } from './workflow-nodes.ts'
import { workflowIssues } from './workflow-validate.ts'

export function teamIssues(
  agents: readonly Agent[],
  workflows: readonly Workflow[],
  settings: z.ZodType | undefined,
): readonly Issue[] {
  const tools = agents.flatMap((agent) => agent.tools)
  return [
    ...twice(agents, 'agents', 'list it once, or give each a name of its own'),
    ...twice(workflows, 'workflows', 'list it once, or give each a name of its own'),
    // The same tool in two agents is one tool. No hash tells two functions apart.
    ...twice([...new Set(tools)], 'tools', 'define it once and give both agents that one, or give each its own name'),
    ...agents.flatMap(agentTimeIssues),
    ...messageIssues(agents),
    ...memoryIssues(agents),
    ...agents.flatMap(trifectaIssues),
    ...delegationIssues(agents, workflows),
    ...workflows.flatMap((workflow) => [
      ...undeclared(workflow, agents, workflows),
      ...stateIssues(workflow),
      ...within(workflow, workflowIssues(workflow, settingsSchema(workflow.settings ?? settings))),
    ]),
  ]
}

function settingsSchema(settings: z.ZodType | undefined) {
  return settings && (z.toJSONSchema(settings, { io: 'input' }) as { [key: string]: Json })
}

function within(workflow: Workflow, issues: readonly Issue[]): readonly Issue[] {
  return issues.map((issue) => ({ ...issue, path: `workflows.${workflow.name}.${issue.path}` }))
}

interface Named {
  readonly name: string
  readonly sha256: string
}

function twice(all: readonly Named[], what: string, remedy: string): Issue[] {
  const seen = new Set<string>()
  return all.flatMap(({ name }) => {
    if (!seen.has(name)) {
      seen.add(name)
      return []
    }
    return [{ path: `${what}.${name}`, message: `two of the ${what} have this name`, remedy }]
  })
}

function undeclared(workflow: Workflow, agents: readonly Agent[], workflows: readonly Workflow[]): Issue[] {
  return [...walk(workflow.root)].flatMap((node) => {
    if (node.kind !== 'step' && node.kind !== 'workflow') return []
    const [used, declared, what] =
      node.kind === 'step'
        ? ([node.agent, agents, 'agent'] as const)
        : ([node.workflow, workflows, 'workflow'] as const)
    const known: Named | undefined = declared.find((one: Named) => one.name === used.name)
    if (known?.sha256 === used.sha256) return []
    const message = known
      ? `the ${what} "${used.name}" of the team is another one than this step uses`
      : `unknown ${what} "${used.name}"`
    const path = `workflows.${workflow.name}.steps.${node.name}`
    return [{ path, message, remedy: `add it to the team: defineTeam({ ${what}s: [ …, ${used.name} ] })` }]
  })
}
