import { findAgent } from '../../api/start-run.ts'
import { agentWorkflow } from '../../define/agent-workflow.ts'
import { InvalidRequest } from '../../errors.ts'
import { type Command, JSON_OPTION, type Options } from '../command.ts'
import { loadTeam } from '../load-team.ts'
import { remoteTarget } from '../remote/remote-target.ts'
import { DATA_OPTION, MODEL_OPTION, TEAM_OPTION, text } from '../session.ts'
import { startWatched } from '../start-watched.ts'
import { besideSettings, settingsOptions, valuesIn } from '../team-settings.ts'

const OPTIONS: Options = {
  ...TEAM_OPTION,
  input: { type: 'string', short: 'i', hint: 'JSON', description: 'The input as JSON, or @file; instead of TEXT' },
  ...MODEL_OPTION,
  ...DATA_OPTION,
  ...JSON_OPTION,
}

/** `baton agent NAME` */
export const agent: Command = {
  name: 'agent',
  summary: 'Runs one agent of a team alone: a run like any other, of one step.',
  usage: 'NAME [TEXT] [--input JSON]',
  positionals: 2,
  options: async (words) => besideSettings(await settingsHere(words), OPTIONS),
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

/** Also where the environment names a deployed team: nobody shall wonder which one answered. */
async function settingsHere(words: readonly string[]): Promise<Options> {
  const isHelp = words.includes('--help') || words.includes('-h')
  if (isHelp || remoteTarget(valuesIn(words)) === undefined) return settingsOptions(words)
  throw new InvalidRequest({
    message: 'A deployed team runs workflows, not one agent alone',
    next: 'Run the agent here: leave --endpoint and --outputs away (and unset BATON_ENDPOINT and BATON_OUTPUTS), or name the data folder with --data DIR. There: baton run --workflow NAME.',
  })
}
