/** What a step was denied by its agent's rights, as rows of its chain: before whatever follows from it. */
import { PermissionDenied, RecordsRefused } from '../errors.ts'
import type { StepDependencies } from './ports.ts'
import type { NewStepRow, StepRun } from './step-run.ts'

const REASON_CHARACTERS = 300

export function denialRows(take: StepDependencies['takeDenials']): readonly NewStepRow[] {
  return (take?.() ?? []).map(rowOf)
}

function rowOf({ message }: Error): NewStepRow {
  const reason = message.slice(0, REASON_CHARACTERS).toWellFormed()
  return { row: { event: 'decision', rule: 'permission.denied', reason, status: 'denied' } }
}

/** For a step that ends by an error: nothing else would be written. What may not be written is told by the error alone. */
export async function recordDenials(run: Pick<StepRun, 'recordAll' | 'dependencies'>, error: unknown): Promise<void> {
  const noted = denialRows(run.dependencies.takeDenials)
  const rows = noted.length === 0 && isDenial(error) ? [rowOf(error)] : noted
  if (rows.length === 0) return
  await run.recordAll(rows).catch((failure: unknown) => {
    if (!isDenial(failure)) throw failure
  })
}

/** AWS's own words, where IAM itself denied it. */
function isDenial(error: unknown): error is Error {
  if (error instanceof PermissionDenied) return true
  return (
    error instanceof RecordsRefused && /^AccessDenied(Exception)?$/.test((error.cause as Error | undefined)?.name ?? '')
  )
}
