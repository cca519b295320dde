/** A run's head ↔ the item that holds it. Reads and writes nothing itself. */
import { Conflict, RecordsCorrupt } from '../errors.ts'
import { RunBudget } from '../schema/budget.ts'
import type { RunId } from '../schema/ids.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import { Run } from '../schema/run.ts'
import type { Item, Key } from './records.ts'

/** Index partition that lists all runs, by start. */
export const RUNS_INDEX = 'RUNS'

export function headKey(runId: RunId): Key {
  return { partition: `RUN#${runId}`, sort: 'HEAD' }
}

export function headItem({ runId, ...attributes }: Run): Item {
  return {
    ...headKey(runId),
    attributes: attributes as unknown as JsonObject,
    index: { partition: RUNS_INDEX, sort: `${attributes.startedAt}#${runId}` },
  }
}

/** @throws RecordsCorrupt where it is no head that this version knows. */
export function runOfItem(item: Item): Run {
  const value: Json = { ...item.attributes, runId: item.partition.slice('RUN#'.length) }
  const run = Run.safeParse(value)
  if (run.success) return run.data
  throw new RecordsCorrupt({
    message: `the head of run ${value['runId']} is damaged, or from a newer version: ${run.error.issues[0]?.message}`,
    next: 'Use the Baton version that wrote it, or restore the data folder from a copy.',
    cause: run.error,
  })
}

/** Alone, as it is asked for more often than the rest. @throws RecordsCorrupt where it is none that this version knows. */
export function budgetIn({ partition, attributes }: Item): RunBudget | undefined {
  const budget = RunBudget.optional().safeParse(attributes['budget'])
  if (budget.success) return budget.data
  throw new RecordsCorrupt({
    message: `the budget in the head ${partition} is damaged, or from a newer version: ${budget.error.issues[0]?.message}`,
    next: 'Use the Baton version that wrote it, or restore the data folder from a copy.',
    cause: budget.error,
  })
}

/** @throws Conflict where the stored run, of the same idempotency key, was started with another body. */
export function sameBody(stored: Run, bodySha256: string): Run {
  if (stored.bodySha256 === bodySha256) return stored
  throw new Conflict({
    message: `This idempotency key belongs to run ${stored.runId}, which was started with another body`,
    next: `Use another key for another request. That run: baton show ${stored.runId}`,
  })
}
