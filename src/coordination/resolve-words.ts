/** A verdict in words, for the journal and for people. */
import type { Verdict } from '../conflict/verdict.ts'
import type { Json } from '../schema/json.ts'

const VALUE_CHARACTERS = 80

/** One sentence. */
export function reasonOf({ rule, decided, margin, dissent, escalate }: Verdict): string {
  if (decided === undefined) return `${rule}: ${escalate?.reason ?? 'nothing is decided.'}`
  const by = decided.by.length === 0 ? '' : ` as ${decided.by.join(', ')} said`
  const ahead = margin === null || rule === 'agreed' ? '' : `, ahead by ${Math.round(margin * 1_000) / 1_000}`
  const others = dissent.map(({ agent, value }) => `${agent} ${shown(value as Json)}`)
  const against = dissent.length === 0 ? '' : `; against: ${others.join(', ')}`
  return `${rule}: ${shown(decided.value)}${by}${ahead}${against}`
}

/** Each value with what it weighs, then each that dissented, then who abstained. */
export function consideredIn({ tally, dissent, abstained }: Verdict): readonly string[] {
  return [
    ...tally.map(({ value, agents, weight }) => `${shown(value)}: ${agents.join(', ')} (${rounded(weight)})`),
    ...dissent.map(({ agent, value, confidence, reason }) => {
      const sure = confidence === undefined ? '' : ` (sure: ${rounded(confidence)})`
      return `against: ${agent} says ${shown(value as Json)}${sure}${reason === undefined ? '' : `: ${reason}`}`
    }),
    ...(abstained.length === 0 ? [] : [`abstained: ${abstained.join(', ')}`]),
  ]
}

/** Who said what, where nothing came of it. */
export function standoff(verdict: Verdict): string {
  const said = verdict.tally.map(({ value, agents }) => `${agents.join(', ')}: ${shown(value)}`)
  const silent = verdict.abstained.length === 0 ? [] : [`abstained: ${verdict.abstained.join(', ')}`]
  return [verdict.escalate?.reason ?? '', [...said, ...silent].join('; ')].filter((part) => part !== '').join(' ')
}

function shown(value: Json): string {
  const text = JSON.stringify(value)
  return text.length <= VALUE_CHARACTERS ? text : `${text.slice(0, VALUE_CHARACTERS - 1)}…`
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
