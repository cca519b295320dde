/** Mailboxes over the records. */
import type { RunId } from '../schema/ids.ts'
import type { MessageView } from '../schema/mailbox.ts'
import { edgeMessages, type MailboxOptions } from './edge-messages.ts'
import type { Edge, Mailboxes } from './mailboxes.ts'
import { edgeOf, edgesOfRun, viewOf } from './message-item.ts'
import { acknowledge, readMessages } from './read-messages.ts'
import { sendMessage } from './send-message.ts'

/** Of the edges of a run: 40 agents that all send to each other. */
const PAGES = 2

export function openMailboxes(options: MailboxOptions): Mailboxes {
  return {
    send: (message) => sendMessage(message, options),
    read: (reading) => readMessages(reading, options),
    acknowledge: (reader, ids) => acknowledge(reader, ids, options),
    async list(runId, agent) {
      const edges = await edgesOf(runId, options)
      const wanted = edges.filter(({ from, to }) => agent === undefined || from === agent || to === agent)
      const views: MessageView[] = []
      for (const edge of wanted) views.push(...(await listEdge(edge, options)))
      return views.toSorted((one, other) => one.sentAt.localeCompare(other.sentAt))
    },
  }
}

async function edgesOf(runId: RunId, { records }: MailboxOptions): Promise<readonly Edge[]> {
  const edges: Edge[] = []
  let after: string | undefined
  for (let page = 0; page < PAGES; page += 1) {
    const found = await records.queryIndex(edgesOfRun(runId), after === undefined ? {} : { after })
    edges.push(...found.items.map((item) => edgeOf(runId, item)))
    after = found.next
    if (after === undefined) break
  }
  return edges
}

async function listEdge(edge: Edge, options: MailboxOptions): Promise<readonly MessageView[]> {
  const nowMs = options.clock.now().getTime()
  const views: MessageView[] = []
  for await (const message of edgeMessages(edge, options)) views.push(viewOf(message, nowMs))
  return views
}
