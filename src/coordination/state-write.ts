/** `state.write`: writes to keys of the workflow's shared state, all of them or none. */
import * as z from 'zod'
import { WorkflowName } from '../schema/ids.ts'
import { Json } from '../schema/json.ts'
import { UNTRUSTED } from '../schema/label.ts'
import { openSharedState } from '../state/open-shared-state.ts'
import type { Decision, RuleContext } from './rule.ts'
import { StateOptions } from './state-read.ts'

const Input = z.strictObject({ values: z.record(z.string(), Json), expect: z.record(z.string(), z.int()) })

export interface StateWritten {
  readonly versions: Readonly<Record<string, number>>
}

export const stateWrite = {
  name: 'state.write',
  options: StateOptions,
  input: Input,
  async decide(
    { values, expect }: z.output<typeof Input>,
    { keys }: StateOptions,
    { labels = [], records, clock, runId, stepId, workflow }: RuleContext,
  ): Promise<Decision<StateWritten>> {
    const others = labels.filter((label) => label !== UNTRUSTED)
    const updated = await openSharedState({ records, clock }).update({
      ...{ runId, workflow: WorkflowName.parse(workflow) },
      writeId: `rule:${stepId}`,
      changes: Object.entries(keys).map(([key, rules]) => ({
        ...{ key, rules, delta: values[key] ?? null, expectVersion: expect[key] },
      })),
      by: { stepId },
      isTainted: labels.includes(UNTRUSTED),
      ...(others.length > 0 && { labels: others }),
    })
    switch (updated.outcome) {
      case 'written': {
        const { versions } = updated
        const words = Object.entries(versions).map(([key, version]) => `${key}, version ${version}`)
        return { output: { versions }, reason: `wrote ${words.join(', ')}` }
      }
      case 'refused':
        return { stopped: { cause: 'undecided', reason: updated.reason, next: updated.next } }
      case 'conflict': {
        const { key, expected, version, value } = updated
        const reason = `${key} is at version ${version}: another was first; it was to replace version ${expected}`
        const next = `Look at it with \`baton state ${runId} ${key}\`; give the node an \`otherwise\`, or read and write again.`
        return { stopped: { cause: 'undecided', reason, next }, body: { key, expected, version, value } }
      }
    }
  },
}
