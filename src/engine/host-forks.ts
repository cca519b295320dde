/** What forked runs change, for the functions of this host: it lies in a run's head, so that whoever goes on with it has it. */

import type { Agent } from '../define/agent.ts'
import { changedAgent } from '../define/changed-agent.ts'
import type { Artifacts } from '../records/artifacts.ts'
import type { Runs } from '../records/runs.ts'
import type { AgentName, RunId } from '../schema/ids.ts'
import { isJsonObject, type Json } from '../schema/json.ts'
import type { RunOrigin } from '../schema/run.ts'
import { Reference, type StepInput } from '../schema/step.ts'

interface ForksOptions {
  readonly runs: Pick<Runs, 'read'>
  readonly artifacts: Pick<Artifacts, 'get'>
  readonly agents: (name: AgentName) => Agent | undefined
}

export interface ForkedStep {
  readonly step: StepInput
  readonly agents: (name: AgentName) => Agent | undefined
}

export interface Forks {
  /** The step as its run has it: itself, where the run was not forked. */
  of(step: StepInput): Promise<ForkedStep>
  forget(runId: RunId): void
}

export function openForks({ runs, artifacts, agents }: ForksOptions): Forks {
  const origins = new Map<RunId, Promise<RunOrigin | undefined>>()
  const changed = new Map<RunId, Map<string, Agent>>()

  function originOf(runId: RunId): Promise<RunOrigin | undefined> {
    const known = origins.get(runId)
    if (known !== undefined) return known
    const read = runs.read(runId).then((run) => run?.origin)
    origins.set(runId, read)
    read.catch(() => origins.delete(runId))
    return read
  }

  /** The same object each time: what is made of an agent once is kept by it. */
  function agentsOf(runId: RunId, changes: NonNullable<RunOrigin['set']['agents']>) {
    const made = changed.get(runId) ?? new Map<string, Agent>()
    changed.set(runId, made)
    return (name: AgentName) => {
      const agent = agents(name)
      const change = Object.hasOwn(changes, name) ? changes[name] : undefined
      if (agent === undefined || change === undefined) return agent
      const tried = made.get(name) ?? changedAgent(agent, change)
      made.set(name, tried)
      return tried
    }
  }

  return {
    async of(step) {
      const origin = await originOf(step.runId)
      if (origin === undefined) return { step, agents }
      const { input: patch, agents: changes } = origin.set
      const isFirst = patch !== undefined && step.stepId === origin.stepId
      return {
        step: isFirst ? { ...step, input: await patched(step, patch) } : step,
        agents: changes === undefined ? agents : agentsOf(step.runId, changes),
      }
    },
    forget(runId) {
      origins.delete(runId)
      changed.delete(runId)
    },
  }

  async function patched({ runId, input }: StepInput, patch: Json): Promise<Json> {
    const reference = Reference.safeParse(input)
    return merged(reference.success ? await artifacts.get(runId, reference.data) : input, patch)
  }
}

/** JSON Merge Patch, RFC 7396. */
export function merged(target: Json, patch: Json): Json {
  if (!isJsonObject(patch)) return patch
  const result: Record<string, Json> = isJsonObject(target) ? { ...target } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else Object.defineProperty(result, key, { value: merged(result[key] ?? null, value), ...OWN })
  }
  return result
}

/** `__proto__` is a field like any other. */
const OWN = { enumerable: true, configurable: true, writable: true }
