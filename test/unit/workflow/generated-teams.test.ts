/** Generated teams whose models mean no good: every path ends within its bounds, and nothing undeclared is ever called. */
import validateAsl from 'asl-validator'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { blackboard } from '../../../src/define/blackboard.ts'
import { defineTeam, type Team } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { checkDefinition } from '../../../src/engine/check-definition.ts'
import { BoardOutcome } from '../../../src/schema/board.ts'
import { isJsonObject, type Json, type JsonObject } from '../../../src/schema/json.ts'
import { workflowBounds } from '../../../src/workflow/bounds.ts'
import { type CompiledWorkflow, compile } from '../../../src/workflow/compile.ts'
import { validate } from '../../../src/workflow/validate.ts'
import { adversary, type Mood } from './generated-teams/adversary.ts'
import { runTeam, type TeamRun } from './generated-teams/run-team.ts'
import { PEERS, state, teamOf, toolCalls, tree, Word } from './generated-teams/trees.ts'

/** On a machine that is busy, fewer teams are made. */
const MOST_MS = 20_000
const TEST_MS = 120_000

const tenths = fc.integer({ min: 0, max: 3 })
const mood: fc.Arbitrary<Mood> = fc.record({ offSchema: tenths, silence: tenths, tools: tenths, failure: tenths })

/** Each output as its peer declares it. */
const Outcome = BoardOutcome.extend({
  results: z.array(z.object({ task: z.string(), by: z.enum(['ann', 'bob', 'cyd']), output: Word })),
})

describe('generated teams', () => {
  it(
    'end within their bounds, in a typed way, whatever their models answer',
    async () => {
      await fc.assert(
        fc.asyncProperty(tree, fc.string(), mood, async (generated, seed, how) => {
          const team = teamOf(generated)
          expect(validate(team)).toEqual([])
          const machines = compile(team)
          for (const machine of machines.values()) assessDefinition(machine, team)

          toolCalls.length = 0
          const { model, asked } = adversary(seed, how)
          const run = await runTeam(team, 'main', { task: seed }, model, machines)
          assessBounds(run, team, asked.length)
          assessNames(run, team, asked)
          assessEnd(run)
        }),
        { numRuns: 30, interruptAfterTimeLimit: MOST_MS },
      )
    },
    TEST_MS,
  )

  it(
    'have every task of a blackboard done, or named with the reason, whatever the peers answer',
    async () => {
      const ids = fc.uniqueArray(fc.constantFrom('t1', 't2', 'ann', '__proto__', '💥'), { maxLength: 4 })
      const options = fc.record({ rounds: fc.integer({ min: 1, max: 3 }), capacity: fc.integer({ min: 1, max: 2 }) })
      await fc.assert(
        fc.asyncProperty(ids, options, fc.string(), mood, async (posted, given, seed, how) => {
          const tasks = posted.map((id) => ({ id, text: seed }))
          const root = blackboard('board', { peers: PEERS, tasks, lease: 840, ...given })
          const shape = { name: 'main', version: '1.0.0', input: z.unknown(), output: z.unknown(), state }
          const workflows = [defineWorkflow({ ...shape, steps: () => root })]
          const team = defineTeam({ name: 'team', agents: PEERS, workflows })
          const { status, output } = await runTeam(team, 'main', {}, adversary(seed, how).model, compile(team))
          expect(status).toBe('SUCCEEDED')
          const { results, open, rounds } = Outcome.parse(output)
          expect([...results, ...open].map(({ task }) => task).sort()).toEqual([...posted].sort())
          expect(rounds).toBeLessThanOrEqual(given.rounds)
        }),
        { numRuns: 15, interruptAfterTimeLimit: MOST_MS },
      )
    },
    TEST_MS,
  )
})

/** What a state machine may ever call: the functions of declared agents, the control function, declared workflows. */
function assessDefinition({ definition }: CompiledWorkflow, team: Team): void {
  expect(validateAsl(structuredClone(definition)).errors).toEqual([])
  expect(checkDefinition(definition as unknown as Json)).toEqual([])
  const agents = team.agents.map(({ name }) => `agents.${name}.functionName`)
  const workflows = team.workflows.map(({ name }) => `workflows.${name}.stateMachineArn`)
  const declared = ['control.functionName', ...agents, ...workflows]
  for (const task of tasksIn(definition as unknown as Json)) {
    const given = isJsonObject(task['Arguments']) ? task['Arguments'] : {}
    const called = String(given['FunctionName'] ?? given['StateMachineArn']).replaceAll('`', '')
    // What is undone is an agent's of the lockfile, by what the control function says of its effects.
    if (UNDO.test(called)) continue
    const [, name] = /run\.lock\.(.+) %\}$/.exec(called) ?? []
    expect(declared).toContain(name)
  }
}

const UNDO = /^\{% \$lookup\(\$[\w.]+\.lock\.agents, \$states\.input\.call\.agent\)\.functionName %\}$/

function* tasksIn(part: Json): Generator<JsonObject> {
  if (typeof part !== 'object' || part === null) return
  if (isJsonObject(part) && part['Type'] === 'Task') yield part
  for (const inner of Object.values(part)) yield* tasksIn(inner)
}

function assessBounds(run: TeamRun, team: Team, modelCalls: number): void {
  const [workflow] = team.workflows
  if (workflow === undefined) throw new Error('a team has a workflow')
  const bounds = workflowBounds(workflow)
  expect(run.steps.size).toBeLessThanOrEqual(bounds.steps)
  expect(modelCalls).toBeLessThanOrEqual(bounds.modelCalls)
  expect(toolCalls.length).toBeLessThanOrEqual(bounds.toolCalls)
  expect(run.transitions).toBeLessThanOrEqual(bounds.transitions)
  // A child workflow's histories are its own.
  expect(run.events).toBeLessThanOrEqual(Math.max(...team.workflows.map((one) => workflowBounds(one).events)))
}

/** Nothing that a model said has become the name of anything. */
function assessNames(run: TeamRun, team: Team, asked: readonly { readonly agent: string }[]): void {
  expect(run.strangers).toEqual([])
  const tools = new Map(
    team.agents.map(({ name, tools: own }) => [name as string, own.map((one) => one.name as string)]),
  )
  for (const { agent } of asked) expect([...tools.keys()].filter((name) => name !== 'idle')).toContain(agent)
  for (const { agent, key, writes } of run.reached) {
    const { reads = {}, writes: written = {} } = team.agents.find(({ name }) => name === agent)?.state ?? {}
    expect(Object.keys(writes ? written : { ...reads, ...written })).toContain(key)
  }
  for (const { tool, agent } of toolCalls) expect(tools.get(agent)).toContain(tool)
}

function assessEnd({ status, error, cause, output }: TeamRun): void {
  if (status === 'SUCCEEDED') expect(output).toBeDefined()
  else
    expect({ error, cause }).toEqual({
      error: expect.stringMatching(/^Stopped\.[a-zA-Z]+$/),
      cause: expect.any(String),
    })
}
