/** Whether what uses the state of a workflow keeps to what the workflow declares. */
import type { Issue } from '../errors.ts'
import { agentOf } from './contract.ts'
import { grantedKeys, type StateKeys } from './state.ts'
import type { Workflow } from './workflow.ts'
import type { WorkflowNode } from './workflow-node.ts'
import { walk } from './workflow-nodes.ts'

/** Paths are from the team's root. */
export function stateIssues(workflow: Workflow): readonly Issue[] {
  const declared = workflow.state ?? {}
  return [...walk(workflow.root)].flatMap((node) =>
    Object.entries(keysOf(node)).flatMap(([key, { sha256 }]) => {
      const same = declared[key]
      if (same?.sha256 === sha256) return []
      const who = node.kind === 'step' ? `the agent "${node.agent.name}" shares` : 'this node uses'
      const path = `workflows.${workflow.name}.steps.${'name' in node ? node.name : node.kind}.state.${key}`
      return [
        same === undefined
          ? {
              path,
              message: `${who} "${key}", which the workflow does not declare`,
              remedy: `add it to the workflow: defineWorkflow({ …, state: { ${key} } })`,
            }
          : {
              path,
              message: `${who} another "${key}" than the workflow declares`,
              remedy: `make the key once, const ${key} = stateKey(…), and give that one to both`,
            },
      ]
    }),
  )
}

function keysOf(node: WorkflowNode): StateKeys {
  if (node.kind === 'step') return grantedKeys(agentOf(node).state)
  return node.kind === 'rule' ? (node.state ?? {}) : {}
}
