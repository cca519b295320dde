/** Mailboxes over the records. */
import type { MessageView } from '../schema/mailbox.ts'
import { edgeMessages, type MailboxOptions } from './edge-messages.ts'
import type { Edge, Mailboxes } from './mailboxes.ts'
import { viewOf } from './message-item.ts'
import { acknowledge, readMessages } from './read-messages.ts'
import { sendMessage } from './send-message.ts'

export function openMailboxes(options: MailboxOptions): Mailboxes {
  return {
    send: (message) => sendMessage(message, options),
    read: (reading) => readMessages(reading, options),
    acknowledge: (reader, ids) => acknowledge(reader, ids, options),
    list: async (edges) => (await Promise.all(edges.map((edge) => listEdge(edge, options)))).flat(),
  }
}

async function listEdge(edge: Edge, options: MailboxOptions): Promise<readonly MessageView[]> {
  const nowMs = options.clock.now().getTime()
  const views: MessageView[] = []
  for await (const message of edgeMessages(edge, options)) views.push(viewOf(message, nowMs))
  return views
}
