import { InvalidRequest } from '../../errors.ts'
import { AgentName } from '../../schema/ids.ts'
import type { MessageList } from '../../schema/mailbox.ts'
import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { jsonText, plural, table } from '../format.ts'
import { openPlace, runIdOf } from '../place.ts'
import { REMOTE_OPTIONS } from '../remote/remote-target.ts'
import { DATA_OPTION, text } from '../session.ts'

/** `baton messages RUN` */
export const messages: Command = {
  name: 'messages',
  summary: 'Lists the messages that the agents of a run sent each other, and what became of each.',
  usage: 'RUN [--agent NAME]',
  details:
    'A message is waiting until an agent reads it, claimed until its reader has it on record, then read. It is dead where it was delivered as often as it may be and no reader lived to have it on record.',
  positionals: 1,
  options: async () => ({
    agent: { type: 'string', hint: 'NAME', description: 'Only what this agent sent or was sent' },
    ...DATA_OPTION,
    ...REMOTE_OPTIONS,
    ...JSON_OPTION,
  }),
  async run({ values, positionals }) {
    const place = await openPlace(values)
    const runId = await runIdOf(positionals[0], place)
    const list = await place.runs.messages(runId, agentOf(text(values, 'agent')))
    process.stdout.write(values['json'] ? `${jsonText(list)}\n` : `${render(list)}\n`)
    return EXIT.ok
  },
}

function agentOf(word: string | undefined): AgentName | undefined {
  if (word === undefined) return undefined
  const parsed = AgentName.safeParse(word)
  if (parsed.success) return parsed.data
  throw new InvalidRequest({
    message: `${JSON.stringify(word)} is no agent's name`,
    next: 'baton messages RUN lists all.',
  })
}

/** Of a body, as JSON, in the list. */
const BODY_CHARACTERS = 60

function render({ runId, messages: all }: MessageList): string {
  if (all.length === 0) return `The agents of run ${runId} have sent each other nothing.`
  const rows = all.map(({ sentAt, status, id, to, type, deliveries, body }) => [
    sentAt.slice(0, 19).replace('T', ' '),
    status,
    id,
    to,
    type,
    deliveries > 1 ? `${deliveries} times` : '',
    shortened(JSON.stringify(body)),
  ])
  const lines = [table([['sent (UTC)', 'status', 'message', 'to', 'type', 'delivered', 'says'], ...rows])]
  const dead = all.filter(({ status }) => status === 'dead').length
  if (dead > 0)
    lines.push('', `${plural(dead, 'message')} was never read: each reader died before it had it on record.`)
  return lines.join('\n')
}

function shortened(json: string): string {
  return json.length <= BODY_CHARACTERS ? json : `${json.slice(0, BODY_CHARACTERS).toWellFormed()} …`
}
