/** What voters said, out of the answers that their steps gave. */
import { canonicalJson } from '../audit/canonical.ts'
import { type Opinion, tallyOf, type Vote, votesOf } from '../conflict/opinion.ts'
import { isJsonObject, type Json } from '../schema/json.ts'
import { ABSTAINED, type ResolveOptions } from '../schema/resolution.ts'
import { sha256 } from '../schema/sha256.ts'

const REASON_CHARACTERS = 300

export type Answers = Readonly<Record<string, Json>>

/** A step's answer; undefined where it gave none. */
export function answerIn(given: Json | undefined): Json | undefined {
  if (given === undefined || given === null) return undefined
  return isJsonObject(given) && ABSTAINED in given ? undefined : given
}

export function opinionsOf(
  answers: Answers,
  { voters, on, confidence }: Pick<ResolveOptions, 'voters' | 'on' | 'confidence'>,
): readonly Opinion[] {
  return voters.map(({ name }): Opinion => {
    const given = Object.hasOwn(answers, name) ? answers[name] : undefined
    const answer = answerIn(given)
    const fields = isJsonObject(answer) ? answer : {}
    const value = comparedIn(answer, on)
    const sure = confidence === undefined ? undefined : fields[confidence]
    const reason = answer === undefined && isJsonObject(given) ? given[ABSTAINED] : fields['reason']
    return {
      agent: name,
      ...(value !== undefined && { value }),
      ...(isShare(sure) && { confidence: sure }),
      ...(typeof reason === 'string' && { reason: reason.slice(0, REASON_CHARACTERS) }),
    }
  })
}

/** undefined: an abstention. */
export function comparedIn(answer: Json | undefined, on: string | undefined): Json | undefined {
  if (on === undefined || answer === undefined) return answer
  const value = isJsonObject(answer) && Object.hasOwn(answer, on) ? answer[on] : undefined
  return value === null ? undefined : value
}

/** Each different value, with who said so, under a label that tells nothing of them. */
export function candidatesOf(opinions: readonly Opinion[], answers: Answers, on: string | undefined) {
  const byHash = tallyOf(votesOf(opinions))
    .map((standing) => ({ ...standing, hash: sha256(canonicalJson(standing.value)) }))
    .toSorted((a, b) => (a.hash < b.hash ? -1 : 1))
  return byHash.map(({ value, agents }, index) => ({
    label: labelOf(index),
    value,
    agents: [...agents],
    ...(on !== undefined && { answers: agents.flatMap((name) => answers[name] ?? []) }),
  }))
}

/** Of voters that said the same, the one whose answer stands for them: the surest, else the first. */
export function spokesman(opinions: readonly Opinion[], by: readonly string[]): Vote | undefined {
  const all = votesOf(opinions).filter(({ agent }) => by.includes(agent))
  return all.toSorted((a, b) => (b.confidence ?? 0) - (a.confidence ?? 0))[0]
}

/** A to Z, then A1 and so on. */
function labelOf(index: number): string {
  const round = Math.floor(index / 26)
  return `${String.fromCharCode(65 + (index % 26))}${round === 0 ? '' : round}`
}

function isShare(value: Json | undefined): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1
}
