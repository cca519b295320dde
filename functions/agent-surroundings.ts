/** What a deployed agent's function reaches: composed once for each environment, narrowed to one step by credentials. */
import { STSClient } from '@aws-sdk/client-sts'
import type { StepDependencies } from '../src/agent/ports.ts'
import { type Clock, systemClock } from '../src/clock.ts'
import { agentEnvironment } from '../src/config.ts'
import type { Team } from '../src/define/team.ts'
import type { MemoryFolds } from '../src/memory/memory.ts'
import type { Model } from '../src/models/model.ts'
import type { RunId, StepId } from '../src/schema/ids.ts'
import type { RunIsolated } from '../src/tools/isolated-call.ts'
import { modelRegion, openAgentModel } from './agent-model.ts'
import { takeDenials } from './denials.ts'
import { openSecretsManager, type ReadSecret } from './secrets-manager.ts'
import { assumeRunRole, type SessionCredentials } from './session-credentials.ts'
import { openStepSafeguards, type StepSafeguards } from './step-safeguards.ts'
import { openStores, type Stores } from './stores.ts'
import { createTelemetry, loggingOf, type Telemetry } from './telemetry.ts'

export interface AgentSurroundings {
  /** The agent that this function is. */
  readonly agent: string
  readonly clock: Clock
  readonly telemetry?: Pick<Telemetry, 'step'>
  /** @param requestId Of the invocation: what it claims is its own, and no other's of the same step. */
  readonly reach: (step: { readonly runId: RunId; readonly stepId: StepId }, requestId: string) => Promise<Reach>
}

/** With the rights of one step. */
export interface Reach extends Pick<Stores, 'journal' | 'artifacts' | 'runs'>, StepSafeguards {
  readonly model: Model
  readonly runIsolated?: RunIsolated | undefined
  /** For tools that run in this function. */
  readonly credentials?: SessionCredentials | undefined
  readonly readSecret?: ReadSecret | undefined
  readonly takeDenials?: StepDependencies['takeDenials']
}

/** A request that takes longer is sent again, or ends the invocation while there is time to say so. */
const CONNECTION = { connectionTimeout: 3_000, requestTimeout: 20_000, throwOnRequestTimeout: true }

/** @throws InvalidRequest naming the variable that is missing or impossible. */
export async function openAgentSurroundings(team: Team): Promise<AgentSurroundings> {
  const environment = agentEnvironment()
  const { BATON_AGENT, BATON_RUN_ROLE_ARN, BATON_TOOL_FUNCTIONS: functions = {} } = environment
  const clock = systemClock
  const sts = new STSClient({ requestHandler: CONNECTION })
  const { requestHandler } = sts.config
  const region = modelRegion(environment)
  const modelFor = await openAgentModel(environment, clock)
  // By the agent's tools, not by what is deployed: an isolated tool runs in its own function or not at all.
  const hasIsolated = team.agents.some(
    ({ name, tools }) => name === BATON_AGENT && tools.some(({ isolated }) => isolated),
  )
  const isolatedFor = hasIsolated
    ? (await import('./isolated-tools.ts')).openIsolatedTools(functions, clock)
    : undefined
  const secretsFor = openSecretsManager({ team: team.name, clock, client: { requestHandler } })
  // The function is one agent's: what it has read, it may read. Each reading asks the records for what is new all the same.
  const folds: MemoryFolds = new Map()
  return {
    agent: BATON_AGENT,
    clock,
    telemetry: createTelemetry({ team: team.name, ...loggingOf(environment) }),
    async reach(step, requestId) {
      const credentials =
        BATON_RUN_ROLE_ARN === undefined ? undefined : await assumeRunRole(sts, BATON_RUN_ROLE_ARN, step)
      const stores = openStores(environment, clock, { requestHandler, ...(credentials && { credentials }) })
      return {
        ...stores,
        ...openStepSafeguards({ team, stores, clock, region, runId: step.runId, requestId, folds }),
        model: modelFor(credentials),
        runIsolated: isolatedFor?.(credentials),
        credentials,
        readSecret: secretsFor(credentials),
        takeDenials,
      }
    },
  }
}
