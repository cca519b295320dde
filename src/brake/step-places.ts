/** Where a step of a run is: its team, and the workflows around it. Reads the run's head, once for each run. */
import type { Team } from '../define/team.ts'
import type { Workflow } from '../define/workflow.ts'
import { walk } from '../define/workflow-nodes.ts'
import type { Runs } from '../records/runs.ts'
import type { RunId } from '../schema/ids.ts'
import type { StepInput } from '../schema/step.ts'
import type { BrakePlace } from './brake.ts'

export type WhereIs = (step: StepInput) => Promise<Pick<BrakePlace, 'team' | 'workflows'>>

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
    return { team: team.name, workflows: workflow === undefined ? [] : workflowsAround(team, workflow, stepId) }
  }
}

const KNOWN_RUNS = 1_000

/** @param stepId e.g. `each:3/child/draft=2`: names of nodes, with an item's or a round's number. */
export function workflowsAround(team: Pick<Team, 'workflows'>, workflow: string, stepId: string): readonly string[] {
  const names = [workflow]
  let around: Workflow | undefined = team.workflows.find(({ name }) => name === workflow)
  for (const part of stepId.split('/')) {
    const name = part.replace(/[:=].*$/, '')
    const child = around && [...walk(around.root)].find((node) => node.kind === 'workflow' && node.name === name)
    if (child?.kind !== 'workflow') continue
    around = child.workflow
    names.push(around.name)
  }
  return names
}
