/** What a step asked people, and what they decided: part of the fold. */
import * as z from 'zod'
import { ApprovalDecision, type ApprovalId } from '../schema/approval.ts'
import type { OpenTurn, StepRow } from './step-state.ts'

/** Body of the `decision` row that a question to a person is recorded by. */
export const AskedBody = z.strictObject({
  requestedAt: z.iso.datetime(),
  expiresAt: z.iso.datetime(),
  /** Which bound is reached, where one is. */
  limit: z.string().optional(),
})
export type AskedBody = z.infer<typeof AskedBody>

/** What a person was asked. */
export interface Asked extends AskedBody {
  readonly subjectSha256: string
}

export interface PeopleState {
  readonly asked: Map<ApprovalId, Asked>
  /** Each on something that was asked. The first decision stands. */
  readonly decisions: Map<ApprovalId, ApprovalDecision>
  /** Of `asked`, how many before the step was last resumed. */
  askedBefore: number
}

const ASKED: ReadonlySet<string> = new Set(['approval.tool', 'approval.question', 'approval.limit'])
const DECIDED: ReadonlySet<string> = new Set(['approval.approved', 'approval.denied', 'approval.expired'])

export function newPeopleState(): PeopleState {
  return { asked: new Map(), decisions: new Map(), askedBefore: 0 }
}

/** Which schema the body of a row has that asks a person, or says what they decided; undefined for any other row. */
export function peopleBody({ event, rule, approval }: StepRow) {
  if (event !== 'decision' || approval === undefined || rule === undefined) return undefined
  if (ASKED.has(rule)) return AskedBody
  return DECIDED.has(rule) ? ApprovalDecision : undefined
}

/** Rows of other rules change nothing. */
export function applyPeopleRow(
  { people, open }: { readonly people: PeopleState; readonly open: OpenTurn | undefined },
  row: StepRow,
  body: unknown,
): void {
  const schema = peopleBody(row)
  if (schema === AskedBody) {
    const subjectSha256 = row.hashes?.['subject'] ?? ''
    people.asked.set(row.approval as ApprovalId, { ...(body as AskedBody), subjectSha256 })
  }
  if (schema === ApprovalDecision) addDecision(people, open, body as ApprovalDecision)
}

function addDecision({ asked, decisions }: PeopleState, open: OpenTurn | undefined, decision: ApprovalDecision): void {
  const { approvalId, outcome, edited, answer } = decision
  if (decisions.has(approvalId)) return
  decisions.set(approvalId, decision)
  const isOutput = asked.get(approvalId)?.limit === 'repairs' && outcome === 'approved'
  if (isOutput && open !== undefined) open.given = edited ?? answer
}

/** The run had ended before anybody said anything: what is asked again has all of its time. Counts begin anew. */
export function forgetUndecided(people: PeopleState): void {
  const { asked, decisions } = people
  for (const id of asked.keys()) if (!decisions.has(id)) asked.delete(id)
  people.askedBefore = asked.size
}

/** What the agent must know of how its call was allowed. */
export function noteOn({ decisions }: PeopleState, { approval }: StepRow): string | undefined {
  const { edited, guidance } = decisions.get(approval as ApprovalId) ?? {}
  const changed =
    edited === undefined
      ? []
      : [`A person allowed it with these arguments in place of yours: ${JSON.stringify(edited)}`]
  const said = guidance === undefined ? [] : [`A person says: ${guidance}`]
  return changed.length + said.length === 0 ? undefined : [...changed, ...said].join('\n')
}
