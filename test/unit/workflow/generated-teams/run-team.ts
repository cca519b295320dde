/** Runs a team for real on the engine: agents' steps, rules, what there is to undo. Every call is looked at. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveReferences } from '../../../../src/agent/resolve-references.ts'
import { runStep } from '../../../../src/agent/run-step.ts'
import { decideRule } from '../../../../src/api/decide-rule.ts'
import { listUndo } from '../../../../src/api/list-undo.ts'
import type { Clock } from '../../../../src/clock.ts'
import type { Team } from '../../../../src/define/team.ts'
import { createEngine } from '../../../../src/engine/engine.ts'
import { openStores } from '../../../../src/engine/host-stores.ts'
import { FunctionError } from '../../../../src/engine/state-error.ts'
import type { Model } from '../../../../src/models/model.ts'
import { ControlTask, type RuleResult } from '../../../../src/schema/control-task.ts'
import type { RunId } from '../../../../src/schema/ids.ts'
import type { Json } from '../../../../src/schema/json.ts'
import type { Run } from '../../../../src/schema/run.ts'
import { StepInput } from '../../../../src/schema/step.ts'
import { openSharedState } from '../../../../src/state/open-shared-state.ts'
import type { SharedState } from '../../../../src/state/shared-state.ts'
import { openEffectLedger } from '../../../../src/tools/open-effect-ledger.ts'
import type { AslDefinition } from '../../../../src/workflow/asl.ts'

export interface TeamRun {
  readonly status: string
  /** In full, also where it was too large for a state. */
  readonly output?: Json
  readonly error?: string
  readonly cause?: string
  /** Of agents' steps, each once. */
  readonly steps: ReadonlyMap<string, StepInput>
  /** What each rule came to, by the name of its node. */
  readonly decided: readonly { readonly node: string; readonly input: Json; readonly result: RuleResult }[]
  /** Keys of the shared state, by who reached for them. */
  readonly reached: readonly { readonly agent: string; readonly key: string; readonly writes: boolean }[]
  /** Names that were called and are no agent's. */
  readonly strangers: readonly string[]
  readonly transitions: number
  /** Of the largest execution. */
  readonly events: number
}

type Machines = ReadonlyMap<string, { readonly definition: AslDefinition }>

const arnOf = (name: string) => `arn:aws:states:eu-west-1:000000000000:stateMachine:${name}`
const functionOf = (agent: string) => `function-of-${agent}`
/** Artifacts go by their content's hash: all tests may share them. */
const FOLDER = join(tmpdir(), 'baton-artifacts-of-tests')

export async function runTeam(
  team: Team,
  name: string,
  input: Json,
  model: Model,
  machines: Machines,
): Promise<TeamRun> {
  const clock = quickClock()
  const stores = openStores({ folder: FOLDER, memory: true, synchronous: 'NORMAL', clock })
  const run = { workflow: name, workflowVersion: '1.0.0', teamSha256: team.sha256 } as unknown as Run
  const runs = { read: async () => run }
  const steps = new Map<string, StepInput>()
  const [decided, strangers]: [TeamRun['decided'][number][], string[]] = [[], []]
  const reached: TeamRun['reached'][number][] = []
  const shared = openSharedState({ records: stores.records, clock })
  const agents = (agent: string) => {
    const known = team.agents.find((one) => one.name === agent)
    if (known === undefined) strangers.push(agent)
    return known
  }

  async function control(payload: Json): Promise<Json> {
    const task = ControlTask.parse(payload)
    if (task.task === 'listUndo') return (await listUndo(task, { ...stores, team, clock })) as unknown as Json
    if (task.task !== 'decide') throw new TypeError(`${task.task}: nobody is asked in these tests`)
    const result = await decideRule(task, { ...stores, team, clock, runs })
    decided.push({ node: task.node, input: task.input, result })
    return result as unknown as Json
  }

  async function step(payload: Json, functionName: string): Promise<Json> {
    const parsed = StepInput.parse(payload)
    if (functionName !== functionOf(parsed.agent)) strangers.push(functionName)
    steps.set(parsed.stepId, parsed)
    const { agent } = parsed
    const state: SharedState = {
      ...shared,
      read: (place, key, ...rest) => {
        reached.push({ agent, key, writes: false })
        return shared.read(place, key, ...rest)
      },
      update: (update) => {
        for (const { key } of update.changes) reached.push({ agent, key, writes: true })
        return shared.update(update)
      },
    }
    const ledger = openEffectLedger({ ...stores, clock, owner: {} })
    const dependencies = {
      ...stores,
      agents,
      model,
      clock,
      ledger,
      state,
      random: () => 0,
      isCancelled: async () => false,
    }
    return (await runStep(parsed, { ...dependencies, priceOf: () => undefined })) as unknown as Json
  }

  const engine = createEngine({
    history: stores.history,
    clock,
    random: () => 0.5,
    machine: (arn) => {
      const machine = machines.get(arn.slice(arn.lastIndexOf(':') + 1))
      return machine && { arn, definition: machine.definition as unknown as Json }
    },
    invokeFunction: async (functionName, payload) => {
      try {
        return await (functionName === 'control' ? control(payload) : step(payload, functionName))
      } catch (error) {
        throw new FunctionError((error as Error).name, (error as Error).message)
      }
    },
  })
  const { done } = await engine.start({
    name: 'run-1.1',
    machineArn: arnOf(name),
    definition: machines.get(name)?.definition as unknown as Json,
    input: { run: { id: 'run-1', execution: 1, path: '', lock: lockOf(team), settings: {} }, input },
  })
  const result = await done
  const ended = result as { readonly status: string; readonly output?: Json }
  const output =
    ended.output === undefined ? undefined : await resolveReferences(ended.output, 'run-1' as RunId, stores.artifacts)
  const histories = engine.list('').map((execution) => engine.history(execution.name))
  stores.close()
  return {
    ...ended,
    ...(output !== undefined && { output }),
    ...{ steps, decided, reached, strangers },
    transitions: histories.flat().filter(({ type }) => /StateEntered$/.test(type)).length,
    events: Math.max(...histories.map((all) => all.length)),
  }
}

function lockOf(team: Team): Json {
  const agents = team.agents.map(({ name, version, sha256 }) => [
    name,
    { functionName: functionOf(name), version, sha256 },
  ])
  const workflows = team.workflows.map(({ name, version, sha256 }) => [
    name,
    { stateMachineArn: arnOf(name), version, sha256 },
  ])
  return {
    control: { functionName: 'control' },
    agents: Object.fromEntries(agents),
    workflows: Object.fromEntries(workflows),
  }
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
