/** Every rule, by its name. */
import { resolveRule, resolveWeighRule } from './resolve-rule.ts'
import { boardAnnounce } from './board-announce.ts'
import { boardAward } from './board-award.ts'
import { boardClose } from './board-close.ts'
import { boardSettle } from './board-settle.ts'
import type { Rule } from './rule.ts'

const ALL: readonly Rule[] = [resolveRule, resolveWeighRule]

const BY_NAME: ReadonlyMap<string, Rule> = new Map(ALL.map((rule) => [rule.name, rule]))

export function ruleOf(name: string): Rule | undefined {
  return BY_NAME.get(name)
}
