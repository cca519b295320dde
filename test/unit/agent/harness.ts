/** A step in a test: real journal over SQLite in memory, artifacts in a map, a scripted model, a clock that jumps. */
import * as z from 'zod'
import type { StepDependencies } from '../../../src/agent/ports.ts'
import { runStep } from '../../../src/agent/run-step.ts'
import { type Agent, defineAgent } from '../../../src/define/agent.ts'
import { defineTool } from '../../../src/define/tool.ts'
import type { Model } from '../../../src/models/model.ts'
import { type Script, scriptedModel } from '../../../src/models/scripted.ts'
import { type Artifacts, artifactsOver } from '../../../src/records/artifacts.ts'
import { type Journal, openJournal } from '../../../src/records/journal.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { RunId, StepId } from '../../../src/schema/ids.ts'
import type { JournalRow } from '../../../src/schema/journal-row.ts'
import type { StepInput } from '../../../src/schema/step.ts'
import { type FakeClock, fakeClock } from '../../../src/testing/fake-clock.ts'

export const runId = RunId.parse('run-1')
export const stepId = StepId.parse('answer')

export const add = defineTool({
  name: 'add',
  description: 'Adds two numbers.',
  input: z.object({ a: z.number(), b: z.number() }),
  output: z.object({ sum: z.number() }),
  effect: 'read',
  run: async ({ a, b }, { reads }) => {
    reads({ uri: 'file:///numbers.txt', sha256: 'abc', lines: [1, 2] })
    return { sum: a + b }
  },
})

/** The same in a world that changes: no two calls give the same, so that an agent may go on calling it. */
export function changingAdd() {
  let calls = 0
  return defineTool({
    name: 'add',
    description: 'Adds two numbers, and how often it was called.',
    input: z.object({ a: z.number(), b: z.number() }),
    output: z.object({ sum: z.number() }),
    effect: 'read',
    run: async ({ a, b }) => ({ sum: a + b + calls++ }),
  })
}

export const Answer = z.object({ answer: z.string().describe('What you found') })

export function testAgent(changes: Partial<Parameters<typeof defineAgent>[0]> = {}): Agent {
  return defineAgent({
    name: 'solver',
    version: '1.0.0',
    role: 'Mathematician',
    goal: 'Answer the question.',
    instructions: 'Use the tools.',
    model: { id: 'model-a' },
    tools: [add],
    input: z.object({ question: z.string().describe('What is asked') }),
    output: Answer,
    ...changes,
  }) as Agent
}

export interface Bench {
  readonly clock: FakeClock
  readonly journal: Journal
  readonly artifacts: Artifacts
  readonly rows: JournalRow[]
  readonly input: StepInput
  readonly dependencies: StepDependencies
  run(changes?: Partial<StepDependencies>, input?: Partial<StepInput>): ReturnType<typeof runStep>
  /** What is recorded, as `event:status` or `event:rule`. */
  recorded(): Promise<string[]>
}

export function bench(model: Model | Script, agent: Agent = testAgent()): Bench {
  const clock = fakeClock('2026-01-01T00:00:00.000Z', { auto: true })
  const records = openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })
  const content = new Map<string, Uint8Array>()
  const artifacts = artifactsOver({
    write: async (run, sha256, bytes) => void content.set(`${run}/${sha256}`, bytes),
    read: async (run, sha256) => content.get(`${run}/${sha256}`),
  })
  const journal = openJournal({ records, artifacts, clock })
  const rows: JournalRow[] = []
  const dependencies: StepDependencies = {
    agents: (name) => (name === agent.name ? agent : undefined),
    model: isModel(model) ? model : scriptedModel(model, { clock }),
    journal,
    artifacts,
    clock,
    random: () => 0.5,
    isCancelled: async () => false,
    priceOf: () => ({ costUsd: ({ inputTokens, outputTokens }) => (inputTokens + 5 * outputTokens) / 1_000_000 }),
    onRow: (row) => rows.push(row),
  }
  const input: StepInput = {
    runId,
    execution: 1,
    stepId,
    agent: agent.name,
    input: { question: 'What is 1 + 2?' },
    settings: {},
  }
  return {
    clock,
    journal,
    artifacts,
    rows,
    input,
    dependencies,
    run: (changes = {}, step = {}) => runStep({ ...input, ...step }, { ...dependencies, ...changes }),
    async recorded() {
      const { records: all } = await journal.readStep(runId, stepId)
      return all.map(({ row }) => [row.event, row.rule ?? row.status].filter(Boolean).join(':'))
    },
  }
}

function isModel(model: Model | Script): model is Model {
  return typeof model['call'] === 'function' && typeof model['provider'] === 'string'
}
