import { findAgent } from '../../api/start-run.ts'
import { agentWorkflow } from '../../define/agent-workflow.ts'
import { InvalidRequest } from '../../errors.ts'
import { type Command, JSON_OPTION } from '../command.ts'
import { loadTeam } from '../load-team.ts'
import { DATA_OPTION, MODEL_OPTION, TEAM_OPTION, text } from '../session.ts'
import { startWatched } from '../start-watched.ts'
import { settingsOptions } from '../team-settings.ts'

/** `baton agent NAME` */
export const agent: Command = {
  name: 'agent',
  summary: 'Runs one agent of a team alone: a run like any other, of one step.',
  usage: 'NAME [TEXT] [--input JSON]',
  positionals: 2,
  options: async (words) => ({
    ...(await settingsOptions(words)),
    ...TEAM_OPTION,
    input: { type: 'string', short: 'i', hint: 'JSON', description: 'The input as JSON, or @file; instead of TEXT' },
    ...MODEL_OPTION,
    ...DATA_OPTION,
    ...JSON_OPTION,
  }),
  async run({ values, positionals }) {
    const loaded = await loadTeam(text(values, 'team'))
    const { team } = loaded
    const [name] = positionals
    if (name === undefined) {
      const next = `Name one of: ${team.agents.map((agent) => agent.name).join(', ')}`
      throw new InvalidRequest({ message: 'Which agent? Its name is missing', next })
    }
    return startWatched(loaded, agentWorkflow(findAgent(team, name)), positionals[1], values)
  },
}
