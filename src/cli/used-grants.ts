/** What recorded runs of a team have used of what its agents were granted: from their rows alone. */
import { wholeAudit } from '../api/run-audit.ts'
import type { Team } from '../define/team.ts'
import type { Used } from '../permissions/review.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import type { Place } from './place.ts'

interface Uses {
  readonly tools: Set<string>
  readonly models: Set<string>
}

/** @param limit Of the newest runs, of whichever team. */
export async function usedIn({ name }: Pick<Team, 'name'>, runs: Place['runs'], limit: number): Promise<Used> {
  const agents = new Map<string, Uses>()
  const own = (await runs.list({ limit })).runs.filter(({ team }) => team === name)
  for (const { runId } of own) count((await wholeAudit(runId, runs.audit)).rows, agents)
  return { runs: own.length, agents }
}

function count(rows: readonly JournalRow[], agents: Map<string, Uses>): void {
  const actors = new Map<string, string>()
  const chainOf = ({ stepId, attempt }: JournalRow) => `${stepId} ${attempt}`
  for (const row of rows) if (row.actor !== undefined) actors.set(chainOf(row), row.actor.agent)
  for (const row of rows) {
    const agent = actors.get(chainOf(row))
    if (agent === undefined) continue
    const uses = agents.get(agent) ?? { tools: new Set(), models: new Set() }
    agents.set(agent, uses)
    if (row.event === 'tool' && row.tool !== undefined) uses.tools.add(row.tool.name)
    if (row.event === 'turn' && row.model !== undefined) uses.models.add(row.model.id)
  }
}
