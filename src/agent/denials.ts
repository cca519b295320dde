/** What a step was denied by its agent's rights, as rows of its chain: before whatever follows from it. */
import { PermissionDenied } from '../errors.ts'
import type { StepDependencies } from './ports.ts'
import type { NewStepRow, StepRun } from './step-run.ts'

const REASON_CHARACTERS = 300

export function denialRows(take: StepDependencies['takeDenials']): readonly NewStepRow[] {
  return (take?.() ?? []).map(({ message }) => ({
    row: {
      event: 'decision',
      rule: 'permission.denied',
      reason: message.slice(0, REASON_CHARACTERS).toWellFormed(),
      status: 'denied',
    },
  }))
}

/** For a step that ends by an error: nothing else would be written. What may not be written is told by the error alone. */
export async function recordDenials(run: Pick<StepRun, 'recordAll' | 'dependencies'>): Promise<void> {
  const rows = denialRows(run.dependencies.takeDenials)
  if (rows.length === 0) return
  await run.recordAll(rows).catch((error: unknown) => {
    if (!(error instanceof PermissionDenied)) throw error
  })
}
