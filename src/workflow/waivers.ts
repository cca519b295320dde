/** What agents are allowed beside the rules, and why: shown wherever a team is shown before it runs. */
import type { Team } from '../define/team.ts'

export interface Waiver {
  readonly agent: string
  /** `trifecta`. */
  readonly what: string
  readonly reason: string
}

export function waiversOf({ agents }: Pick<Team, 'agents'>): readonly Waiver[] {
  return agents.flatMap(({ name, waive = {} }) =>
    Object.entries(waive).map(([what, reason]) => ({ agent: name, what, reason })),
  )
}

export function waiverLine({ agent, what, reason }: Waiver): string {
  return `${agent}: ${what} waived: ${reason}`
}
