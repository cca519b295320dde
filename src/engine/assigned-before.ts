/** Which variables may have been assigned when a state is entered: those of all states from which it can be reached. */
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'

/** @param states The `States` of one scope, unchecked. A state's own Assign comes after what is inside it. */
export function assignedBefore(states: JsonObject): (name: string) => Set<string> {
  const previous = new Map<Json, Set<string>>()
  for (const [name, state] of Object.entries(states)) {
    for (const target of targetsOf(state)) {
      const known = previous.get(target)
      if (known === undefined) previous.set(target, new Set([name]))
      else known.add(name)
    }
  }
  return (name) => {
    const assigned = new Set<string>()
    const seen = new Set([name])
    const queue = [...(previous.get(name) ?? [])]
    for (let state = queue.pop(); state !== undefined; state = queue.pop()) {
      if (seen.has(state)) continue
      seen.add(state)
      for (const variable of assignedIn(states[state])) assigned.add(variable)
      queue.push(...(previous.get(state) ?? []))
    }
    return assigned
  }
}

/** Where a state may go next, as its definition names it. */
export function targetsOf(state: Json | undefined): Json[] {
  if (!isJsonObject(state)) return []
  const rules = [...listOf(state['Choices']), ...listOf(state['Catch'])]
  return [state['Next'], state['Default'], ...rules.map((rule) => rule['Next'])].filter(
    (target) => target !== undefined,
  )
}

function assignedIn(state: Json | undefined): string[] {
  if (!isJsonObject(state)) return []
  return [state, ...listOf(state['Choices']), ...listOf(state['Catch'])].flatMap(({ Assign }) =>
    isJsonObject(Assign) ? Object.keys(Assign) : [],
  )
}

function listOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isJsonObject) : []
}
