/** The messages that the agents of a run sent each other: how each stands. */
import type { Clock } from '../clock.ts'
import { openMailboxes } from '../mailbox/open-mailboxes.ts'
import type { Records } from '../records/records.ts'
import type { AgentName, RunId } from '../schema/ids.ts'
import type { MessageList } from '../schema/mailbox.ts'
import { type ReadDependencies, readHead } from './read-run.ts'

export interface MessageDependencies extends ReadDependencies {
  readonly records: Records
  readonly clock: Clock
}

/** Oldest first. @param agent Only what it sent or was sent. @throws NotFound */
export async function readMessages(
  runId: RunId,
  dependencies: MessageDependencies,
  agent?: AgentName,
): Promise<MessageList> {
  await readHead(runId, dependencies)
  return { runId, messages: [...(await openMailboxes(dependencies).list(runId, agent))] }
}
