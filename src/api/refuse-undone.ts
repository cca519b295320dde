/** A run whose effects were taken back does not go on: its finished steps would say that those are still there. */
import { undoChain } from '../agent/undo-call.ts'
import type { Team } from '../define/team.ts'
import { walk } from '../define/workflow-nodes.ts'
import { Conflict } from '../errors.ts'
import type { Journal } from '../records/journal.ts'
import type { RunId, StepId } from '../schema/ids.ts'

export interface UndoneDependencies {
  readonly team: Pick<Team, 'workflows'>
  readonly journal: Pick<Journal, 'listChains'>
}

/** @throws Conflict */
export async function refuseUndone(runId: RunId, { team, journal }: UndoneDependencies): Promise<void> {
  const nodes = team.workflows.flatMap(({ root }) => [...walk(root)])
  if (!nodes.some(({ kind }) => kind === 'compensate')) return
  for await (const { stepId } of journal.listChains(runId)) {
    if (!stepId.endsWith(UNDO)) continue
    throw new Conflict({
      message: `Run ${runId} is not resumed: effects of ${stepId.slice(0, -UNDO.length)} were undone`,
      next: 'Start a new run.',
    })
  }
}

const UNDO = undoChain('' as StepId)
