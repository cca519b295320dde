/**
 * What `baton approve` and `baton deny` share: the vote is about what is there now, and what follows from it is said.
 */
import { existsSync, readFileSync } from 'node:fs'
import type { ApprovalView } from '../api/approvals.ts'
import type { Vote } from '../approval/approval-state.ts'
import { InvalidRequest } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import { parseJson } from '../schema/parse-json.ts'
import { findApproval } from './approval-id.ts'
import { principalHere } from './approvals-here.ts'
import { EXIT, JSON_OPTION, type Options, type Parsed } from './command.ts'
import { jsonText, plural } from './format.ts'
import { openPlace, type Place } from './place.ts'
import { REMOTE_OPTIONS, remoteTarget } from './remote/remote-target.ts'
import { DATA_OPTION, TEAM_OPTION, text } from './session.ts'

export const DECIDE_OPTIONS: Options = {
  comment: { type: 'string', hint: 'TEXT', description: 'For the record' },
  as: { type: 'string', hint: 'NAME', description: 'On a laptop: who you are, as local:NAME. Claimed, not proven' },
  ...TEAM_OPTION,
  ...DATA_OPTION,
  ...REMOTE_OPTIONS,
  ...JSON_OPTION,
}

export type Said = Omit<Vote, 'subjectSha256'>

/** @throws NotFound, Forbidden, Conflict, InvalidRequest: then nothing is decided. */
export async function decide(
  { values, positionals: [word] }: Parsed,
  said: (approval: ApprovalView) => Said,
): Promise<number> {
  const as = text(values, 'as')
  if (as !== undefined && remoteTarget(values) !== undefined) throw provenThere()
  const place = await openPlace(values)
  const before = await findApproval(word, place.runs)
  const { approvalId, subjectSha256 } = before.request
  const comment = text(values, 'comment') || undefined
  const vote: Vote = { ...said(before), subjectSha256, ...(comment !== undefined && { comment }) }
  const after = await place.runs.decideApproval(approvalId, vote, principalHere(as))
  const next = values['json'] === true ? jsonText(after) : await outcomeText(after, place)
  process.stdout.write(`${next}\n`)
  return EXIT.ok
}

function provenThere(): InvalidRequest {
  return new InvalidRequest({
    message: '--as is for runs of this machine: elsewhere you are who the API knows you as',
    next: 'Leave out --as. Nothing was decided.',
  })
}

async function outcomeText({ request, status, missing }: ApprovalView, place: Place): Promise<string> {
  const { approvalId, runId } = request
  if (status === 'pending') return `${approvalId}: ${plural(missing, 'more approval')} of other people missing.`
  const { run } = await place.runs.read(runId)
  const goesOn =
    run.status === 'running'
      ? `Run ${runId} goes on: npx baton events ${runId} --follow${place.words}`
      : `No process works on run ${runId} now. Go on: npx baton resume ${runId}${place.words}`
  return `${approvalId} is ${status}.\n${goesOn}`
}

/** A file's content, or the word itself. @throws InvalidRequest for what is no JSON. */
export function jsonOf(word: string, option: string): Json {
  const parsed = parseJson(existsSync(word) ? readFileSync(word, 'utf8') : word)
  if (parsed.ok) return parsed.value
  throw new InvalidRequest({
    message: `${option} is neither a file nor JSON: ${parsed.message}`,
    next: `Write ${option} '{"…": "…"}', or name a file that holds it. Nothing was decided.`,
  })
}
