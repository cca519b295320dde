/** By the word of somebody above the voters: a supervisor, who answers, or a person, who answers or picks. */
import type { Json } from '../schema/json.ts'
import { type Opinion, tallyOf, votesOf } from './opinion.ts'
import { decided, undecided, type Verdict } from './verdict.ts'

/** @param answer Of the supervisor, whether or not somebody said the same; undefined where it gave none. */
export function bySupervisor(opinions: readonly Opinion[], answer: Json | undefined): Verdict {
  const grounds = { opinions, tally: tallyOf(votesOf(opinions)) }
  if (answer === undefined) return undecided('supervisor', 'silent', 'The supervisor gave no answer.', grounds)
  return decided('supervisor', answer, grounds)
}

/** What a person said: whose answer it shall be, or another. */
export type PersonsWord = { readonly pick: string } | { readonly answer: Json }

/** @param said undefined where nobody answered in time, or whoever was asked declined. */
export function byPerson(opinions: readonly Opinion[], said: PersonsWord | undefined): Verdict {
  const votes = votesOf(opinions)
  const grounds = { opinions, tally: tallyOf(votes) }
  if (said === undefined) return undecided('person', 'silent', 'Nobody decided in time, or somebody declined.', grounds)
  if ('answer' in said) return decided('person', said.answer, grounds)
  const picked = votes.find(({ agent }) => agent === said.pick)
  if (picked === undefined) {
    return undecided('person', 'unknownCandidate', `The person picked ${said.pick}, who said nothing.`, grounds)
  }
  return decided('person', picked.value, grounds)
}
