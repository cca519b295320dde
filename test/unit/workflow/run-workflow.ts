/** Runs compiled workflows on the real engine, with agents that are functions of the test. */

import type { Clock } from '../../../src/clock.ts'
import type { Team } from '../../../src/define/team.ts'
import { createEngine } from '../../../src/engine/engine.ts'
import { openHistory } from '../../../src/engine/history-store.ts'
import type { Json } from '../../../src/schema/json.ts'
import { StepInput, type StepResult } from '../../../src/schema/step.ts'
import type { AslDefinition } from '../../../src/workflow/asl.ts'
import { compile } from '../../../src/workflow/compile.ts'
import { rulesHere } from './decide-here.ts'

export type Answer = (input: StepInput, invocation: number) => StepResult | Error

export interface Outcome {
  readonly status: string
  readonly output?: Json
  readonly error?: string
  readonly cause?: string
  /** Step ids in the order of their first invocation. */
  readonly stepIds: readonly string[]
  readonly inputs: ReadonlyMap<string, StepInput>
  readonly transitions: number
  /** Of the largest execution. */
  readonly events: number
}

export const usage = { turns: 1, toolCalls: 0, inputTokens: 1, outputTokens: 1, costUsd: 0 }

export function completed(output: Json): StepResult {
  return { status: 'completed', output, usage }
}

const arnOf = (name: string) => `arn:aws:states:eu-west-1:000000000000:stateMachine:${name}`

export async function runWorkflow(
  team: Team,
  name: string,
  input: Json,
  answer: Answer,
  machines: ReadonlyMap<string, { readonly definition: AslDefinition }> = compile(team),
): Promise<Outcome> {
  const inputs = new Map<string, StepInput>()
  const invocations = new Map<string, number>()
  const history = openHistory({ path: ':memory:', synchronous: 'NORMAL' })
  const clock = quickClock()
  const decide = rulesHere(team, clock)
  const engine = createEngine({
    history,
    clock,
    random: () => 0.5,
    machine: (arn) => {
      const machine = machines.get(arn.slice(arn.lastIndexOf(':') + 1))
      return machine && { arn, definition: asJson(machine.definition) }
    },
    invokeFunction: async (functionName, payload) => {
      if (functionName === 'control') return decide(payload)
      const parsed = StepInput.parse(payload)
      if (functionName !== `function-of-${parsed.agent}`) throw new Error(`wrong function ${functionName}`)
      const count = (invocations.get(parsed.stepId) ?? 0) + 1
      invocations.set(parsed.stepId, count)
      inputs.set(parsed.stepId, parsed)
      const result = answer(parsed, count)
      if (result instanceof Error) throw result
      return asJson(result)
    },
  })
  const machine = machines.get(name)
  if (machine === undefined) throw new Error(`no workflow ${name}`)
  const { done } = await engine.start({
    name: 'run-1.1',
    machineArn: arnOf(name),
    definition: asJson(machine.definition),
    input: { run: { id: 'run-1', execution: 1, path: '', lock: lockOf(team), settings: {} }, input },
  })
  const result = await done
  const events = engine.list('').map((execution) => engine.history(execution.name))
  return {
    ...(result as { status: string; output?: Json; error?: string; cause?: string }),
    stepIds: [...inputs.keys()],
    inputs,
    transitions: events.flat().filter((event) => /StateEntered$/.test(event.type)).length,
    events: Math.max(...events.map((all) => all.length)),
  }
}

function lockOf(team: Team): Json {
  return {
    control: { functionName: 'control' },
    agents: Object.fromEntries(
      team.agents.map(({ name, version, sha256 }) => [name, { functionName: `function-of-${name}`, version, sha256 }]),
    ),
    workflows: Object.fromEntries(
      team.workflows.map(({ name, version, sha256 }) => [name, { stateMachineArn: arnOf(name), version, sha256 }]),
    ),
  }
}

function asJson(definition: unknown): Json {
  return definition as Json
}

/** Longer than any pause in these tests, shorter than any timeout: what sleeps longer is a timeout, and never ends. */
const TIMEOUT_MS = 100_000

/** Pauses pass at once, timeouts never. */
function quickClock(): Clock {
  let now = Date.parse('2026-01-01T00:00:00.000Z')
  return {
    now: () => new Date(now),
    sleep: (milliseconds, signal) =>
      new Promise((resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
        if (milliseconds > TIMEOUT_MS) return
        setImmediate(() => {
          now += milliseconds
          resolve()
        })
      }),
  }
}
