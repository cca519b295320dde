/**
 * The local gate: whatever a step of an agent asks of records, artifacts, models, isolated tools and secrets on this host is put
 * to the very statements that its role would have in an account, with the session tags of its run and step. What IAM would
 * deny is denied here. Holds a hijacked model and a mistaken declaration, not hostile code in this process.
 */
import { AsyncLocalStorage } from 'node:async_hooks'
import type { Agent } from '../define/agent.ts'
import type { Team } from '../define/team.ts'
import { PermissionDenied } from '../errors.ts'
import {
  agentBoundary,
  agentStatements,
  compilePolicy,
  evaluate,
  laptopResources,
  type Policy,
  type RequestContext,
  type Statement,
  secretStatements,
  toolStatements,
  workflowsOf,
} from '../permissions/index.ts'
import type { LaptopModel } from '../permissions/laptop-resources.ts'

/** Whose rights hold, for all that happens within. */
export interface GatedStep {
  readonly agent: string
  readonly runId: string
  readonly stepId: string
}

export interface StepGate {
  /**
   * Resolves as `work` does. What it asks for through the ports of steps is held to the rights of this step.
   * @param agent As a forked run tries it. @default as the team declares it
   */
  within<T>(step: GatedStep, work: () => Promise<T>, agent?: Agent): Promise<T>
  /** The same with the rights of an isolated tool's own role, within a step. */
  withinTool<T>(tool: Agent['tools'][number], work: () => Promise<T>): Promise<T>
  /** @throws PermissionDenied; outside of any step always */
  check(action: string, resource: string, context?: RequestContext): void
  /** What was denied within this step since it was last asked: to be written down. */
  takeDenials(): readonly PermissionDenied[]
}

interface Session {
  readonly step: GatedStep
  readonly policies: readonly Policy[]
  readonly boundary: Policy
  readonly tags: RequestContext
  readonly denials: PermissionDenied[]
}

/** Of one step, told with its next row; what is denied beyond them changes nothing about what is known. */
const DENIALS_TOLD = 16

export function openStepGate(team: Team, model: LaptopModel): StepGate {
  const sessions = new AsyncLocalStorage<Session>()
  const statements = new Map(team.agents.map((agent) => [agent.name as string, statementsOf(agent, team, model)]))
  const ofTools = (tools: Team['tools']) => [
    ...toolStatements(tools),
    ...secretStatements(tools, laptopResources(team, model).place),
  ]
  const granted = [...[...statements.values()].flat(), ...ofTools(team.tools)]
  const { journalTableArn } = laptopResources(team, model)
  const boundary = compilePolicy(agentBoundary(granted, journalTableArn))
  const declared = new Set<Agent>(team.agents)
  const tried = new WeakMap<Agent, Pick<Session, 'policies' | 'boundary'>>()
  const compiled = new Map<string, Policy>()

  /** Once for each role. */
  function policyOf(role: string, read: () => readonly Statement[]): Policy {
    const policy = compiled.get(role) ?? compilePolicy(read())
    compiled.set(role, policy)
    return policy
  }

  /** Whoever forks a run sets what its agents may ask, as whoever writes the team file does. */
  function rightsOf(agent: Agent): Pick<Session, 'policies' | 'boundary'> {
    const own = statementsOf(agent, team, model)
    const rights = tried.get(agent) ?? {
      policies: [compilePolicy(own)],
      boundary: compilePolicy(agentBoundary([...granted, ...own], journalTableArn)),
    }
    tried.set(agent, rights)
    return rights
  }

  return {
    within(step, work, as) {
      const { agent, runId, stepId } = step
      const policies = [policyOf(`agent ${agent}`, () => statements.get(agent) ?? [])]
      const rights = as === undefined || declared.has(as) ? { policies, boundary } : rightsOf(as)
      const tags = { 'aws:PrincipalTag/runId': runId, 'aws:PrincipalTag/stepId': stepId }
      return sessions.run({ step, ...rights, tags, denials: [] }, work)
    },
    withinTool(tool, work) {
      const session = sessions.getStore()
      if (session === undefined) return work()
      // Its function has a role of its own, which knows no run.
      const policies = [policyOf(`tool ${tool.name}`, () => ofTools([tool]))]
      return sessions.run({ ...session, policies, tags: {} }, work)
    },
    check(action, resource, context = {}) {
      const session = sessions.getStore()
      if (session === undefined) throw outside(action, resource)
      const { policies, boundary, tags, denials, step } = session
      const request = { action, resource, context: { ...tags, ...context } }
      const { decision, why } = evaluate({ policies, boundary, request })
      if (decision === 'allow') return
      const denied = denial(step, action, resource, context, why)
      if (denials.length < DENIALS_TOLD) denials.push(denied)
      throw denied
    },
    takeDenials: () => sessions.getStore()?.denials.splice(0) ?? [],
  }
}

function statementsOf(agent: Agent, team: Team, model: LaptopModel): readonly Statement[] {
  return agentStatements(agent, { ...laptopResources(team, model), workflows: workflowsOf(agent, team) })
}

function denial(
  { agent, runId, stepId }: GatedStep,
  action: string,
  resource: string,
  context: RequestContext,
  why: string,
): PermissionDenied {
  const keys = [context['dynamodb:LeadingKeys'] ?? []].flat()
  const asked = keys.length === 0 ? '' : ` asked for ${keys.join(', ')};`
  return new PermissionDenied({
    action,
    resource,
    why: `agent ${agent}, step ${stepId} of run ${runId},${asked} ${why}`,
    next: `If the agent needs it, declare it: a tool's grants or secrets, a model, a message, a key of state. See: baton permissions ${agent}`,
  })
}

function outside(action: string, resource: string): PermissionDenied {
  return new PermissionDenied({
    action,
    resource,
    why: 'it was asked for outside of a step, with the rights of none',
    next: 'Give what is no step the ports of the host itself.',
  })
}
