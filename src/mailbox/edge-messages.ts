import type { Clock } from '../clock.ts'
import type { Records } from '../records/records.ts'
import { EDGE_MESSAGES, type Edge } from './mailboxes.ts'
import { boxPartition, MESSAGES, type StoredMessage, storedMessage } from './message-item.ts'

export interface MailboxOptions {
  readonly records: Pick<Records, 'get' | 'query' | 'queryIndex' | 'write' | 'transact'>
  readonly clock: Clock
  /** From 0 to 1, for pauses that differ. @default Math.random */
  readonly random?: (() => number) | undefined
}

/** Of a query: a full page is at most 1.6 MB. */
const PAGE = 100
const PAGES = Math.ceil(EDGE_MESSAGES / PAGE) + 1

/** In the order of their numbers. */
export async function* edgeMessages(edge: Edge, { records }: MailboxOptions): AsyncGenerator<StoredMessage> {
  let after: string | undefined
  for (let page = 0; page < PAGES; page += 1) {
    const found = await records.query(boxPartition(edge), { ...MESSAGES, limit: PAGE, ...(after && { after }) })
    for (const item of found.items) yield storedMessage(edge, item)
    after = found.next
    if (after === undefined) return
  }
}
