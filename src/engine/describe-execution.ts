/** What there is to say of one execution, from its row and its history. */
import type { Json } from '../schema/json.ts'
import { executionArn } from './execution.ts'
import type { ExecutionRow, ExecutionStatus, HistoryStore } from './history-store.ts'
import { readHistory } from './stored-history.ts'

export interface ExecutionDescription {
  readonly name: string
  readonly arn: string
  readonly machineArn: string
  readonly status: ExecutionStatus
  /** Runs in this process. RUNNING and not live: it was interrupted. */
  readonly isLive: boolean
  readonly startedAt: Date
  readonly stoppedAt: Date | undefined
  readonly input: Json | undefined
  readonly output: Json | undefined
  readonly error: string | undefined
  readonly cause: string | undefined
  readonly events: number
}

export function describeExecution(row: ExecutionRow, store: HistoryStore, isLive: boolean): ExecutionDescription {
  const { events } = readHistory(store.chunks(row.row), row.startedAt)
  const last = row.status === 'RUNNING' ? undefined : events.at(-1)?.details
  return {
    name: row.name,
    arn: executionArn(row.machineArn, row.name),
    machineArn: row.machineArn,
    status: row.status,
    isLive,
    startedAt: new Date(row.startedAt),
    stoppedAt: row.stoppedAt === null ? undefined : new Date(row.stoppedAt),
    input: events[0]?.details['input'],
    output: last?.['output'],
    error: last?.['error'] as string | undefined,
    cause: last?.['cause'] as string | undefined,
    events: events.length,
  }
}
