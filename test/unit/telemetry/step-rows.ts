/** Real rows for tests of telemetry: a step is run, and what `onRow` is told is kept. */
import type { StepDependencies } from '../../../src/agent/ports.ts'
import type { Agent } from '../../../src/define/agent.ts'
import type { Model } from '../../../src/models/model.ts'
import type { Script } from '../../../src/models/scripted.ts'
import type { JournalRow } from '../../../src/schema/journal-row.ts'
import type { Json } from '../../../src/schema/json.ts'
import type { StepInput } from '../../../src/schema/step.ts'
import { bench, testAgent } from '../agent/harness.ts'

export interface ToldRow {
  readonly row: JournalRow
  readonly body: Json | undefined
}

interface Changes {
  readonly agent?: Agent
  readonly input?: Partial<StepInput>
  readonly dependencies?: Partial<StepDependencies>
}

export async function rowsOfStep(
  model: Model | Script,
  { agent = testAgent(), input, dependencies }: Changes = {},
): Promise<ToldRow[]> {
  const told: ToldRow[] = []
  const onRow = (row: JournalRow, body?: Json) => void told.push({ row, body })
  await bench(model, agent).run({ ...dependencies, onRow }, input)
  return told
}

/** Two turns, a tool call in the first. */
export const ANSWERED: Script = {
  solver: [
    { toolUses: [{ name: 'add', input: { a: 1, b: 2 } }], usage: { inputTokens: 100, outputTokens: 10 } },
    { submit: { answer: '3' }, usage: { inputTokens: 200, outputTokens: 20 } },
  ],
}
