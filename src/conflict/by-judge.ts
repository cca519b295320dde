/** By the word of a judge that saw the candidates without their authors. It counts only where it is clear what it means. */
import type { Json } from '../schema/json.ts'
import { JudgeVerdict } from '../schema/resolve.ts'
import { type Opinion, tallyOf, votesOf } from './opinion.ts'
import { type Doubt, decided, undecided, type Verdict } from './verdict.ts'

/** One of the answers, under the label that the judge saw. */
export interface Labelled {
  readonly label: string
  readonly value: Json
}

/** @param said What the judge handed in; undefined where it did not. */
export function byJudge(
  opinions: readonly Opinion[],
  candidates: readonly Labelled[],
  said: unknown,
  { margin: line }: { readonly margin: number },
): Verdict {
  const grounds = { opinions, tally: tallyOf(votesOf(opinions)) }
  const unclear = (doubt: Doubt, reason: string, margin: number | null = null) =>
    undecided('judge', doubt, reason, { ...grounds, margin })
  const parsed = JudgeVerdict.safeParse(said)
  if (!parsed.success) return unclear('silent', 'The judge gave no verdict.')
  const { choice, scores = [] } = parsed.data
  const chosen = candidates.find(({ label }) => label === choice)
  if (chosen === undefined)
    return unclear('unknownCandidate', `The judge chose ${quoted(choice)}, which is none of them.`)
  const stranger = scores.find((score) => !candidates.some(({ label }) => label === score.label))
  if (stranger !== undefined) {
    return unclear('unknownCandidate', `The judge scored ${quoted(stranger.label)}, which is none of them.`)
  }
  if (new Set(scores.map(({ label }) => label)).size < scores.length) {
    return unclear('contradiction', 'The judge scored a candidate twice.')
  }
  const own = scores.find(({ label }) => label === choice)
  const others = scores.filter(({ label }) => label !== choice).toSorted((a, b) => b.score - a.score)
  const [best] = others
  if (best === undefined || own === undefined) {
    if (best !== undefined) return unclear('contradiction', `The judge chose ${choice} and scored others only.`)
    if (line > 0) return unclear('thinMargin', 'The judge did not say by how much.')
    return decided('judge', chosen.value, grounds)
  }
  if (best.score > own.score) {
    return unclear(
      'contradiction',
      `The judge chose ${choice} (${own.score}) and scored ${best.label} higher (${best.score}).`,
    )
  }
  const margin = own.score - best.score
  if (margin < line) return unclear('thinMargin', `The judge is ahead by ${margin} only; ${line} is needed.`, margin)
  return decided('judge', chosen.value, { ...grounds, margin })
}

function quoted(text: string): string {
  return JSON.stringify(text.slice(0, 60))
}
