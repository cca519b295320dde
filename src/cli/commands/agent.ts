import { findAgent } from '../../api/start-run.ts'
import { agentWorkflow } from '../../define/agent-workflow.ts'
import { InvalidRequest } from '../../errors.ts'
import { announceModel } from '../announce-model.ts'
import { type Command, JSON_OPTION } from '../command.ts'
import { loadTeam } from '../load-team.ts'
import { inputFor, readInput } from '../read-input.ts'
import { activeModel, DATA_OPTION, hostOf, MODEL_OPTION, openData, TEAM_OPTION, text } from '../session.ts'
import { settingsOf, settingsOptions } from '../team-settings.ts'
import { watchRun } from '../watch-run.ts'

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
    const { team, file } = await loadTeam(text(values, 'team'))
    const [name] = positionals
    if (name === undefined) {
      const next = `Name one of: ${team.agents.map((agent) => agent.name).join(', ')}`
      throw new InvalidRequest({ message: 'Which agent? Its name is missing', next })
    }
    const workflow = agentWorkflow(findAgent(team, name))
    const input = inputFor(workflow, readInput(positionals[1], text(values, 'input')))
    const settings = settingsOf(team, values)
    const model = await activeModel(values)
    const { stores } = openData(values)
    const json = values['json'] === true
    if (!json) announceModel(model)
    const host = hostOf(team, file, model, stores)
    return watchRun({ host, stores, team, json }, () => host.start({ workflow: workflow.name, input, settings }))
  },
}
