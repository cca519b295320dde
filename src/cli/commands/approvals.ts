/** `baton approvals`: what waits for people, and all of one thing that does. */
import type { ApprovalView } from '../../api/approvals.ts'
import { findApproval } from '../approval-id.ts'
import { approvalLines, WAITING_COLUMNS, waitingRow } from '../approval-words.ts'
import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { jsonText, table } from '../format.ts'
import { openPlace, runIdOf } from '../place.ts'
import { REMOTE_OPTIONS } from '../remote/remote-target.ts'
import { DATA_OPTION } from '../session.ts'

/** More than anybody decides at once. */
const LISTED = 100

/** `baton approvals [RUN | APPROVAL]` */
export const approvals: Command = {
  name: 'approvals',
  summary: 'Lists what waits for a person, or shows all of it: arguments, who may decide, what was said.',
  usage: '[RUN | APPROVAL]',
  details:
    'Of a run, also what was decided. The beginning of an id will do. Decide with `baton approve` and `baton deny`.',
  positionals: 1,
  options: async () => ({ ...DATA_OPTION, ...REMOTE_OPTIONS, ...JSON_OPTION }),
  async run({ values, positionals: [word] }) {
    const place = await openPlace(values)
    const json = values['json'] === true
    const say = (text: string) => void process.stdout.write(`${text}\n`)
    if (word?.startsWith('a-')) {
      const approval = await findApproval(word, place.runs)
      say(json ? jsonText(approval) : approvalLines(approval, place.words, Date.now()).join('\n'))
      return EXIT.ok
    }
    const runId = word === undefined ? undefined : await runIdOf(word, place)
    const { approvals: all, next } = await place.runs.listApprovals({ limit: LISTED, runId })
    if (json) say(jsonText({ approvals: all }))
    else if (all.length === 0) say(runId === undefined ? 'Nothing waits for a person.' : `Run ${runId} asked nobody.`)
    else say(listed(all, next !== undefined, place.words))
    return EXIT.ok
  },
}

function listed(all: readonly ApprovalView[], isCut: boolean, place: string): string {
  const nowMs = Date.now()
  const rows = table([WAITING_COLUMNS, ...all.map((approval) => waitingRow(approval, nowMs))])
  return `${rows}${isCut ? `\nThe oldest ${LISTED}; there are more.` : ''}\n\nAll of one: npx baton approvals ID${place}`
}
