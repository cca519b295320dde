/** Shared state over the records. */
import { readHistory, readState } from './read-state.ts'
import type { KeyOfRun, SharedState } from './shared-state.ts'
import { keysOfRun, readKeyOfRun } from './state-item.ts'
import { type StateOptions, writeState } from './write-state.ts'

export function openSharedState(options: StateOptions): SharedState {
  const { records } = options
  return {
    update: (update) => writeState(update, options),
    read: (place, key, rules, moment) => readState(records, place, key, rules, moment),
    history: (place, key) => readHistory(records, place, key),
    async keys(runId) {
      const found: KeyOfRun[] = []
      let after: string | undefined
      do {
        const page = await records.queryIndex(keysOfRun(runId), after === undefined ? {} : { after })
        found.push(...page.items.map((item) => readKeyOfRun(runId, item)))
        after = page.next
      } while (after !== undefined)
      return found
    },
  }
}
