/**
 * Authority that is handed on with a task only shrinks: a tool with an effect may be used for another agent only where that
 * one may use it itself or `delegates` it. Here: whether a team leaves an agent with effects that can never come about.
 */
import type { Issue } from '../errors.ts'
import { isJsonObject } from '../schema/json.ts'
import type { Agent } from './agent.ts'
import { agentOf } from './contract.ts'
import { makersIn } from './task-makers.ts'
import type { Tool } from './tool.ts'
import type { Workflow } from './workflow.ts'
import type { PatternNode, StepNode } from './workflow-node.ts'
import { walk } from './workflow-nodes.ts'

/** Whether an agent may have a tool used for it. */
export function mayHandOn({ tools, delegates = [] }: Pick<Agent, 'tools' | 'delegates'>, tool: string): boolean {
  return tools.some(({ name }) => name === tool) || delegates.some((name) => name === tool)
}

export function delegationIssues(agents: readonly Agent[], workflows: readonly Workflow[]): readonly Issue[] {
  return [
    ...unknownDelegates(agents),
    ...workflows.flatMap((workflow) => [...givenOut(workflow, agents, workflows), ...passedOn(workflow)]),
  ]
}

function unknownDelegates(agents: readonly Agent[]): Issue[] {
  const known = new Set(agents.flatMap(({ tools }) => tools.map(({ name }) => name as string)))
  return agents.flatMap(({ name, delegates = [] }) =>
    delegates.flatMap((tool) => {
      if (known.has(tool)) return []
      const remedy = `name a tool of an agent of the team: ${[...known].join(', ') || 'there is none'}`
      return [{ path: `agents.${name}.delegates.${tool}`, message: `no agent of the team has a tool ${tool}`, remedy }]
    }),
  )
}

/** Of `supervise`, `adaptive` and `blackboard`: whoever made the tasks must have what those who do them use. */
function givenOut(workflow: Workflow, agents: readonly Agent[], workflows: readonly Workflow[]): Issue[] {
  const team = { workflows }
  return [...walk(workflow.root)].flatMap((node) => {
    if (node.kind !== 'step' && node.kind !== 'workflow') return []
    const makers = makersIn(team, workflow, node.name).flatMap((name) => agents.filter((one) => one.name === name))
    const workers = node.kind === 'step' ? [agentOf(node)] : agentsOf(node.workflow)
    return workers.flatMap((worker) =>
      effectsOf(worker).flatMap(({ name }) => {
        const lacking = makers.find((maker) => maker.name !== worker.name && !mayHandOn(maker, name))
        return lacking === undefined ? [] : [neverUsed(workflow, node.name, worker, name, lacking)]
      }),
    )
  })
}

function neverUsed({ name: workflow }: Workflow, step: string, { name }: Agent, tool: string, maker: Agent): Issue {
  return {
    path: `workflows.${workflow}.steps.${step}`,
    message: `${name} can never use ${tool} here: ${maker.name}, who gives it the task, may neither use it nor hand it on`,
    remedy: `give ${maker.name} delegates: ['${tool}'], or take an agent without ${tool}`,
  }
}

function effectsOf({ tools }: Agent): readonly Tool[] {
  return tools.filter(({ effect }) => effect !== 'read')
}

/** Every agent of a workflow and of those within it. */
function agentsOf({ root }: Workflow): readonly Agent[] {
  return [...walk(root)].flatMap((node) =>
    node.kind === 'step' ? [agentOf(node)] : node.kind === 'workflow' ? agentsOf(node.workflow) : [],
  )
}

/** Of `handoffs`: on some way to an agent, everybody before must have what it uses. */
function passedOn(workflow: Workflow): Issue[] {
  return [...walk(workflow.root)].flatMap((node) => {
    if (node.kind !== 'pattern' || node.pattern !== 'handoffs') return []
    const turns = turnsOf(node)
    const start = startOf(node)
    return [...turns.values()].flatMap(({ agent, name }) =>
      effectsOf(agent).flatMap((tool) => {
        if (agent.name === start || isReached(agent, tool, start, turns)) return []
        const lacking = [...turns.values()].find((turn) => turn.agent !== agent && !mayHandOn(turn.agent, tool.name))
        return [neverUsed(workflow, name, agent, tool.name, lacking?.agent ?? agent)]
      }),
    )
  })
}

/** The steps of the agents that pass a task to each other, by agent. */
function turnsOf({ body }: PatternNode): ReadonlyMap<string, StepNode> {
  const steps = [...walk(body)].filter((node) => node.kind === 'step')
  return new Map(steps.map((step) => [step.agent.name, step]))
}

function startOf({ name, body }: PatternNode): string | undefined {
  const turns = [...walk(body)].find((node) => node.kind === 'repeat' && node.name === `${name}-turns`)
  const initial = turns?.kind === 'repeat' && turns.initial?.op === 'literal' ? turns.initial.value : undefined
  return isJsonObject(initial) && typeof initial['to'] === 'string' ? initial['to'] : undefined
}

function isReached(agent: Agent, tool: Tool, start: string | undefined, turns: ReadonlyMap<string, StepNode>): boolean {
  const open = start === undefined ? [] : [start]
  // It grows while it is read; each agent is looked at once.
  for (const name of open) {
    const turn = turns.get(name)
    if (turn === undefined || !mayHandOn(turn.agent, tool.name)) continue
    const to = turn.contract?.kind === 'handoff' ? turn.contract.to : []
    if (to.some((one) => one === agent.name)) return true
    open.push(...to.filter((one) => !open.includes(one)))
  }
  return false
}
