/** Whether the agents of a team fit by their messages: every edge leads to an agent that takes what is sent along it. */
import type { Issue } from '../errors.ts'
import type { Agent } from './agent.ts'

export function messageIssues(agents: readonly Agent[]): readonly Issue[] {
  const byName = new Map<string, Agent>(agents.map((agent) => [agent.name, agent]))
  return agents.flatMap((agent) => [
    ...unknownPeers(agent, 'sends', byName),
    ...unknownPeers(agent, 'receives', byName),
    ...untaken(agent, byName),
  ])
}

function unknownPeers(agent: Agent, field: 'sends' | 'receives', byName: ReadonlyMap<string, Agent>): Issue[] {
  return Object.keys(agent[field] ?? {}).flatMap((peer) => {
    if (byName.has(peer)) return []
    const path = `agents.${agent.name}.${field}.${peer}`
    const known = [...byName.keys()].join(', ')
    return [{ path, message: `unknown agent "${peer}"`, remedy: `add it to the team, or name one of: ${known}` }]
  })
}

function untaken({ name, sends = {} }: Agent, byName: ReadonlyMap<string, Agent>): Issue[] {
  return Object.entries(sends).flatMap(([peer, types]) => {
    const receiver = byName.get(peer)
    if (receiver === undefined) return []
    const taken = receiver.receives?.[name] ?? []
    return types.flatMap((type) => {
      const same = taken.find((one) => one.name === type.name)
      if (same?.sha256 === type.sha256) return []
      const message =
        same === undefined
          ? `"${peer}" takes no message "${type.name}" from "${name}"`
          : `"${peer}" takes another message "${type.name}" than this one`
      const remedy = `give "${peer}" receives: { ${name}: [ … ] } with the very message that is sent`
      return [{ path: `agents.${name}.sends.${peer}.${type.name}`, message, remedy }]
    })
  })
}
