/** The approvals of a data folder: read by anybody, decided as somebody of the team. Runs nothing. */
import { userInfo } from 'node:os'
import { type ApprovalDependencies, decideApproval, listApprovals, readApproval } from '../api/approvals.ts'
import type { RunService } from '../api/run-service.ts'
import { openApprovals } from '../approval/approvals.ts'
import { systemClock } from '../clock.ts'
import { createEngine } from '../engine/engine.ts'
import { hostTokens } from '../engine/host-functions.ts'
import { NotFound } from '../errors.ts'
import type { Parsed } from './command.ts'
import { loadTeam } from './load-team.ts'
import { type Data, teamOf, text } from './session.ts'

type ApprovalsService = Pick<RunService, 'listApprovals' | 'readApproval' | 'decideApproval'>

export function approvalsHere({ stores, reading }: Data, values: Parsed['values']): ApprovalsService {
  const clock = systemClock
  const approvals = openApprovals({ records: stores.records, clock })
  const looking = { approvals, clock }

  async function deciding(approvalId: string): Promise<ApprovalDependencies> {
    const { request } = await readApproval(approvalId, looking)
    const run = await stores.runs.read(request.runId)
    const { team } = await (run === undefined ? loadTeam(text(values, 'team')) : teamOf(run, values, stores))
    // Only to tell a token: whoever runs the run learns of it from the folder, now or when it goes on.
    const engine = createEngine({
      history: stores.history,
      clock,
      random: Math.random,
      machine: () => undefined,
      invokeFunction: async (name) => {
        throw new NotFound({ message: `${name} is not run while deciding`, next: 'baton resume' })
      },
    })
    return { ...reading, ...looking, team, tokens: hostTokens(engine) }
  }

  return {
    listApprovals: (query) => listApprovals(query, looking),
    readApproval: (approvalId) => readApproval(approvalId, looking),
    decideApproval: async (approvalId, vote, principal) =>
      decideApproval(approvalId, vote, principal, await deciding(approvalId)),
  }
}

/** `local:<user>`: what somebody at this machine says of themselves. Nobody proves it. */
export function principalHere(name?: string): string {
  if (name !== undefined) return `local:${name}`
  try {
    return `local:${userInfo().username || 'somebody'}`
  } catch {
    return 'local:somebody'
  }
}
