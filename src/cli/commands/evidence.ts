/** `baton evidence`: what the record of a run shows, by action of NIST AI 600-1, or on a card. */
import { writeFileSync } from 'node:fs'
import { describeTeam } from '../../api/describe-team.ts'
import { wholeAudit } from '../../api/run-audit.ts'
import { actionId, PROFILE } from '../../audit/evidence/actions.ts'
import { cardOf } from '../../audit/evidence/card.ts'
import { type EvidenceBundle, evidenceOf } from '../../audit/evidence/evidence.ts'
import { verifyRun } from '../../audit/verify-run.ts'
import { InvalidRequest } from '../../errors.ts'
import type { Run } from '../../schema/run.ts'
import type { TeamDescription } from '../../schema/team-description.ts'
import { type Command, EXIT, JSON_OPTION, type Parsed } from '../command.ts'
import { clip, jsonText, plural, table } from '../format.ts'
import { openPlace, type Place, runIdOf } from '../place.ts'
import { REMOTE_OPTIONS } from '../remote/remote-target.ts'
import { renderCard } from '../render-card.ts'
import { DATA_OPTION, TEAM_OPTION, text } from '../session.ts'

/** `baton evidence RUN` */
export const evidence: Command = {
  name: 'evidence',
  summary: `Exports what the record of a run shows, by action of ${PROFILE}, or as a card.`,
  usage: 'RUN [--id ID,ID] [--card] [--out FILE]',
  details:
    'Each item names its query, the rows that it found and a hash; an action that the record shows nothing of says `no evidence`. It is evidence, not a verdict on anybody. --json has every row by name.',
  positionals: 1,
  options: async () => ({
    id: { type: 'string', hint: 'ID,ID', description: 'Only these actions, e.g. MS-4.2-004,GV-1.7-001' },
    card: { type: 'boolean', description: 'One page instead: what is recorded, verified and sealed, and what is not' },
    out: { type: 'string', hint: 'FILE', description: 'Write it to a file' },
    ...TEAM_OPTION,
    ...DATA_OPTION,
    ...REMOTE_OPTIONS,
    ...JSON_OPTION,
  }),
  async run({ values, positionals }) {
    const ids = text(values, 'id')
      ?.split(',')
      .map((word) => actionId(word.trim()))
    if (ids !== undefined && values['card']) {
      throw new InvalidRequest({ message: '--card is of the whole run', next: 'Give --id or --card, not both.' })
    }
    const place = await openPlace(values)
    const runId = await runIdOf(positionals[0], place)
    const { run } = await place.runs.read(runId)
    const audit = await wholeAudit(runId, place.runs.audit, { bodies: 'true' })
    if (values['card']) {
      const card = cardOf(run, audit, verifyRun(audit, { head: run }))
      return give(values, values['json'] ? jsonText(card, 2) : renderCard(card))
    }
    const bundle = evidenceOf({ audit, head: run, team: await describedTeam(run, place) }, ids)
    return give(values, values['json'] ? jsonText(bundle, 2) : render(bundle))
  },
}

/** Only for the bounds that it declares: without it they are no evidence. */
async function describedTeam(run: Run, place: Place): Promise<TeamDescription | undefined> {
  const team = await place.teamOf(run).catch(() => undefined)
  return team && describeTeam(team)
}

function give(values: Parsed['values'], content: string): number {
  const file = text(values, 'out')
  if (file === undefined) process.stdout.write(`${content}\n`)
  else writeNew(file, content)
  return EXIT.ok
}

function writeNew(file: string, content: string): void {
  try {
    writeFileSync(file, `${content}\n`)
  } catch (error) {
    throw new InvalidRequest({
      message: `${file} cannot be written: ${(error as Error).message}`,
      next: 'Name a file in a folder that there is.',
      cause: error,
    })
  }
}

const FACTS_CHARACTERS = 80

function render({ runId, profile, record, items, beyond }: EvidenceBundle): string {
  const rows = items.map(({ id, status, events, sha256, facts, object }) => [
    ...[id, status === 'evidence' ? plural(events.length, 'row') : status, sha256.slice(0, 12)],
    status === 'evidence' ? clip(JSON.stringify(facts), FACTS_CHARACTERS) : clip(object, FACTS_CHARACTERS),
  ])
  return [
    `Run ${runId}, ${profile}. Its record is ${record.status}: ${plural(record.rows, 'row')}, ${record.sealed.rows} sealed.`,
    '',
    table([['action', 'shown by', 'sha256', 'what'], ...rows]),
    '',
    `Of the ${beyond} further actions the record of a run shows nothing.`,
  ].join('\n')
}
