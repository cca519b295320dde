/**
 * Which agents' models made the task of a step, as the definition says it: the lead of a `supervise`, and the planner and
 * the lead of an `adaptive`, for what its members do, and whoever wrote the tasks of a `blackboard` for what its peers do,
 * through all the workflows around the step. Of `handoffs` the task itself says who had it before.
 */
import type { AgentName } from '../schema/ids.ts'
import { writerFlow } from './label-flow.ts'
import { announceName, leadsOf, type PlacedNode, patternsAround } from './placed-nodes.ts'
import type { Team } from './team.ts'
import type { Workflow } from './workflow.ts'

type Flowing = Pick<Team, 'workflows'>

export interface TaskMakers {
  /** Outermost first, each once. */
  readonly by: readonly AgentName[]
  /** The step's own input is an assignment, which names the tools to use. */
  readonly isAssigned?: true
}

/** @param path As `nodesTo` gives it. */
export function taskMakers(team: Flowing, path: readonly PlacedNode[]): TaskMakers {
  const last = path.at(-1)
  const by = path.flatMap(({ workflow, node }) => makersIn(team, workflow, node.name))
  const around = last?.node.kind === 'step' ? patternsAround(last.workflow, last.node.name).at(-1) : undefined
  return { by: [...new Set(by)], ...(around?.pattern === 'supervise' && { isAssigned: true }) }
}

/** Of a node of a workflow, by what is within that workflow. */
export function makersIn(team: Flowing, workflow: Workflow, name: string): readonly AgentName[] {
  return patternsAround(workflow, name).flatMap((pattern) =>
    pattern.pattern !== 'blackboard'
      ? leadsOf(pattern)
      : (writerFlow(team)(workflow.name, announceName(pattern)) as readonly AgentName[]),
  )
}
