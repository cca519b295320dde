/** Every rule, by its name. */
import { adaptiveCheck } from './adaptive-check.ts'
import { adaptiveClose, adaptiveCompare, adaptiveJudge } from './adaptive-judge.ts'
import { adaptiveAssign, adaptiveReport, adaptiveRoute, adaptiveSettle } from './adaptive-work.ts'
import { boardAnnounce } from './board-announce.ts'
import { boardAward } from './board-award.ts'
import { boardClose } from './board-close.ts'
import { boardSettle } from './board-settle.ts'
import { resolveRule, resolveWeighRule } from './resolve-rule.ts'
import type { Rule } from './rule.ts'
import { stateRead } from './state-read.ts'
import { stateWrite } from './state-write.ts'
import { superviseCheck, superviseClose, superviseSettle } from './supervise-rules.ts'

const ALL: readonly Rule[] = [
  adaptiveCheck,
  adaptiveRoute,
  adaptiveReport,
  adaptiveAssign,
  adaptiveSettle,
  adaptiveCompare,
  adaptiveJudge,
  adaptiveClose,
  resolveRule,
  resolveWeighRule,
  boardAnnounce,
  boardAward,
  boardClose,
  boardSettle,
  stateRead,
  stateWrite,
  superviseCheck,
  superviseSettle,
  superviseClose,
]

const BY_NAME: ReadonlyMap<string, Rule> = new Map(ALL.map((rule) => [rule.name, rule]))

export function ruleOf(name: string): Rule | undefined {
  return BY_NAME.get(name)
}
