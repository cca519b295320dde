/** Scripts for the model that answers the test team. */

import type { ScriptedReply } from '../../src/models/script.ts'
import { SCRIPTED_NOTICE } from '../../src/models/scripted-answer.ts'
import { writeJson } from './baton.ts'

const usage = { inputTokens: 100, outputTokens: 10 }
export const REPORT = { title: 'All', lines: ['one', 'two'] }
/** What `baton run` prints of it. */
export const RENDERED = `\n# All\n- one\n- two\n\n${SCRIPTED_NOTICE}\n`

interface Work {
  readonly topics?: number
  /** How long each answer of a worker takes. */
  readonly latencyMs?: number
  readonly agents?: Readonly<Record<string, readonly ScriptedReply[]>>
}

/** @returns the model setting. */
export function workScript(folder: string, { topics = 4, latencyMs = 2, agents = {} }: Work = {}): string {
  const note = (line: string) => ({ name: 'note', input: { line } })
  const lanes: Readonly<Record<string, readonly ScriptedReply[]>> = {
    planner: [{ submit: { topics: Array.from({ length: topics }, (_, i) => `topic ${i}`) }, usage }],
    worker: [
      { toolUses: [note('one'), note('two')], latencyMs, usage },
      { submit: { done: 'yes' }, latencyMs, usage },
    ],
    writer: [{ submit: REPORT, usage }],
    ...agents,
  }
  return `scripted:${writeJson(folder, `script-${Object.keys(agents).join('-')}-${latencyMs}.json`, { agents: lanes })}`
}
