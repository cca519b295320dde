/** `state.read`: the keys of the workflow's shared state, as they are now. Recorded, so that a resumed run sees the same. */
import * as z from 'zod'
import { WorkflowName } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import { StateRules } from '../schema/state.ts'
import { openSharedState } from '../state/open-shared-state.ts'
import type { Decision, RuleContext } from './rule.ts'

/** As both rules have them. */
export const StateOptions = z.strictObject({ keys: z.record(z.string(), StateRules) })
export type StateOptions = z.output<typeof StateOptions>

const Input = z.strictObject({})

export interface StateRead {
  readonly values: Readonly<Record<string, Json>>
  readonly versions: Readonly<Record<string, number>>
}

export const stateRead = {
  name: 'state.read',
  options: StateOptions,
  input: Input,
  async decide(
    _: z.output<typeof Input>,
    { keys }: StateOptions,
    { records, clock, runId, workflow }: RuleContext,
  ): Promise<Decision<StateRead>> {
    const state = openSharedState({ records, clock })
    const place = { runId, workflow: WorkflowName.parse(workflow) }
    const read = await Promise.all(
      Object.entries(keys).map(async ([key, rules]) => [key, await state.read(place, key, rules)] as const),
    )
    return {
      output: {
        values: Object.fromEntries(read.map(([key, { value }]) => [key, value])),
        versions: Object.fromEntries(read.map(([key, { version }]) => [key, version])),
      },
      reason: `read ${read.map(([key, { version }]) => `${key} at version ${version}`).join(', ')}`,
    }
  },
}
