/** Which way words and values of a verdict point. */
import type { Json, JsonObject } from '../../schema/json.ts'
import { roleOf } from './field-roles.ts'

const AGAINST =
  /^(un|not|non|in(?:valid|correct|sufficient|accurate))|\b(not|no|false|unsupported|reject|refute|contradict|fail|deny|denied|wrong|missing|bad|disagree|decline|insufficient|error)|^(reject|refut|contradict|fail|den[yi]|wrong|false|no$|missing|bad|disagree|decline|revise|block)/i
const FOR =
  /^(support|valid|accept|approv|true|yes|ok|okay|pass|correct|confirm|verif|good|agree|hold|ground|complete|success|sufficient|proceed|allow|done|entail)/i

/** 1: for; -1: against; 0: neither. */
export function polarityOf(value: Json): -1 | 0 | 1 {
  if (typeof value === 'boolean') return value ? 1 : -1
  if (typeof value !== 'string') return 0
  const text = value.trim().replaceAll('_', ' ')
  if (AGAINST.test(text)) return -1
  return FOR.test(text) ? 1 : 0
}

/** Whether somebody has turned this object down. */
export function isAgainst(record: JsonObject): boolean {
  return Object.entries(record).some(([name, value]) => roleOf(name) === 'verdict' && polarityOf(value) === -1)
}
