/** Where a step of a run is: its team, and the workflows around it. Reads the run's head, once for each run. */

import { labelFlow } from '../define/label-flow.ts'
import { nodesTo, type PlacedNode } from '../define/placed-nodes.ts'
import { taskMakers } from '../define/task-makers.ts'
import type { Team } from '../define/team.ts'
import type { Runs } from '../records/runs.ts'
import type { AgentName, RunId } from '../schema/ids.ts'
import type { Label } from '../schema/label.ts'
import type { StepInput } from '../schema/step.ts'
import type { BrakePlace } from './brake.ts'

/** What of it the definition says of the step: see `labelFlow` and `taskMakers`. */
export interface StepPlace extends Pick<BrakePlace, 'team' | 'workflows'> {
  /** Of its input. Absent: none. */
  readonly labels?: readonly Label[]
  /** Agents that made its task, outermost first. Absent: none. */
  readonly delegators?: readonly AgentName[]
  /** Its input is an assignment of a lead, which names the tools to use. */
  readonly isAssigned?: true
}

export type WhereIs = (step: Pick<StepInput, 'runId' | 'stepId' | 'agent'>) => Promise<StepPlace>

export function openStepPlaces(team: Pick<Team, 'name' | 'workflows'>, runs: Pick<Runs, 'read'>): WhereIs {
  /** Which workflow a run is of never changes. */
  const known = new Map<RunId, Promise<string | undefined>>()
  function workflowOf(runId: RunId): Promise<string | undefined> {
    const reading = known.get(runId) ?? runs.read(runId).then((run) => run?.workflow)
    if (known.size >= KNOWN_RUNS) known.clear()
    known.set(runId, reading)
    const forget = () => known.delete(runId)
    reading.then((workflow) => workflow ?? forget(), forget)
    return reading
  }
  return async ({ runId, stepId }) => {
    const workflow = await workflowOf(runId)
    const path = workflow === undefined ? [] : nodesTo(team, workflow, stepId)
    const labels = labelsAt(team, path)
    const { by, isAssigned } = taskMakers(team, path)
    return {
      team: team.name,
      workflows: workflow === undefined ? [] : [workflow, ...childrenOf(path)],
      ...(labels.length > 0 && { labels }),
      ...(by.length > 0 && { delegators: by }),
      ...(isAssigned && { isAssigned }),
    }
  }
}

const KNOWN_RUNS = 1_000

/** Of the step, or of the rule, at the end of the path. */
function labelsAt(team: Pick<Team, 'workflows'>, path: readonly PlacedNode[]): readonly Label[] {
  const last = path.at(-1)
  return last === undefined ? [] : labelFlow(team)(last.workflow.name, last.node.name)
}

function childrenOf(path: readonly PlacedNode[]): readonly string[] {
  return path.flatMap(({ node }) => (node.kind === 'workflow' ? [node.workflow.name] : []))
}

/** @param stepId e.g. `each:3/child/draft=2`: names of nodes, with an item's or a round's number. */
export function workflowsAround(team: Pick<Team, 'workflows'>, workflow: string, stepId: string): readonly string[] {
  return [workflow, ...childrenOf(nodesTo(team, workflow, stepId))]
}
