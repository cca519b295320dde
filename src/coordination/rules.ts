/** Every rule, by its name. */
import type { Rule } from './rule.ts'

const ALL: readonly Rule[] = []

const BY_NAME: ReadonlyMap<string, Rule> = new Map(ALL.map((rule) => [rule.name, rule]))

export function ruleOf(name: string): Rule | undefined {
  return BY_NAME.get(name)
}
