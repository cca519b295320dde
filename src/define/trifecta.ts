/**
 * The lethal trifecta (Willison 2025): who reads private data and what strangers wrote, and can send data out, can be talked
 * into sending it to a stranger. No agent has all three unless somebody says by name why it may.
 */
import type { Issue } from '../errors.ts'
import { PRIVATE, UNTRUSTED } from '../schema/label.ts'
import type { Agent } from './agent.ts'
import { labelsGiven } from './tool-policy.ts'

export interface Trifecta {
  /** What gives it private data, what gives it what strangers wrote, and what sends data out. */
  readonly private: readonly string[]
  readonly untrusted: readonly string[]
  readonly outward: readonly string[]
}

/** undefined: it does not have all three. */
export function trifectaOf({ tools, state, memory }: Pick<Agent, 'tools' | 'state' | 'memory'>): Trifecta | undefined {
  const giving = (label: string) => [
    ...tools.filter((tool) => labelsGiven(tool).includes(label)).map(({ name }) => name),
    ...Object.entries({ ...state?.writes, ...state?.reads })
      .filter(([, key]) => labelsGiven(key).includes(label))
      .map(([name]) => `state ${name}`),
    ...(memory?.reads ?? []).filter(({ labels }) => labels.includes(label)).map(({ name }) => `memory ${name}`),
  ]
  const all = {
    private: giving(PRIVATE),
    untrusted: giving(UNTRUSTED),
    outward: tools.filter(({ outward }) => outward).map(({ name }) => name),
  }
  return Object.values(all).every(({ length }) => length > 0) ? all : undefined
}

export function trifectaIssues(agent: Agent): readonly Issue[] {
  const { name, waive } = agent
  const found = trifectaOf(agent)
  if (found !== undefined && waive === undefined) {
    const parts = [`private data (${found.private})`, `what strangers wrote (${found.untrusted})`]
    return [
      {
        path: `agents.${name}.tools`,
        message: `one agent reads ${parts.join(' and ')}, and sends data out (${found.outward})`,
        remedy: `split it into agents that have two of the three, or say why it may: waive: { trifecta: '…' }`,
      },
    ]
  }
  if (found !== undefined || waive === undefined) return []
  const message = 'there is nothing to waive: it does not have private data, untrusted content and an outward tool'
  return [{ path: `agents.${name}.waive.trifecta`, message, remedy: 'leave it out' }]
}
