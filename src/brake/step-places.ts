/** Where a step of a run is: its team, and the workflows around it. Reads the run's head, once for each invocation. */
import type { Team } from '../define/team.ts'
import type { Workflow } from '../define/workflow.ts'
import { walk } from '../define/workflow-nodes.ts'
import type { Runs } from '../records/runs.ts'
import type { StepInput } from '../schema/step.ts'
import type { BrakePlace } from './brake.ts'

export type WhereIs = (step: StepInput) => Promise<Pick<BrakePlace, 'team' | 'workflows'>>

export function openStepPlaces(team: Pick<Team, 'name' | 'workflows'>, runs: Pick<Runs, 'read'>): WhereIs {
  const known = new WeakMap<StepInput, Promise<readonly string[]>>()
  async function workflowsOf({ runId, stepId }: StepInput): Promise<readonly string[]> {
    const run = await runs.read(runId)
    return run === undefined ? [] : workflowsAround(team, run.workflow, stepId)
  }
  return async (step) => {
    const reading = known.get(step) ?? workflowsOf(step)
    known.set(step, reading)
    reading.catch(() => known.delete(step))
    return { team: team.name, workflows: await reading }
  }
}

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
