/** Where all that said anything agree, nobody else has to be asked. */
import { type Opinion, tallyOf, votesOf } from './opinion.ts'
import { decided, undecided, type Verdict } from './verdict.ts'

/** @param who Who is asked where they differ: a judge, a supervisor. */
export function byAgreement(opinions: readonly Opinion[], who: string): Verdict {
  const tally = tallyOf(votesOf(opinions))
  const [first] = tally
  if (first === undefined) {
    return undecided(who, 'allAbstained', `All of ${opinions.length} abstained.`, { opinions, tally })
  }
  if (tally.length === 1) return decided('agreed', first.value, { opinions, tally, margin: 1 })
  return undecided(who, 'contested', `They differ: ${tally.length} answers.`, { opinions, tally })
}
