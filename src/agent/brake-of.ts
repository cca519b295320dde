import { brakeReason, releaseCommand } from '../brake/brake-words.ts'
import { runCancelled, stopped } from './ending.ts'
import type { Ending, StepRun } from './step-run.ts'

/** Why the step may begin no turn and no tool now; undefined where it may. */
export async function brakeOf({ agent, dependencies, step }: StepRun): Promise<Ending | undefined> {
  const { brake, whereIs } = dependencies
  if (brake === undefined) return undefined
  const place = (await whereIs?.(step)) ?? { team: '' }
  const braked = await brake({ ...place, agent: agent.name })
  if (braked === undefined) return undefined
  // Of two reasons, the one that ends the run for good.
  if (await dependencies.isCancelled(step.runId)) return runCancelled
  const next = `Once it may go on: ${releaseCommand(braked.scope)}, then baton resume ${step.runId}`
  return stopped('braked', brakeReason(braked), next)
}
