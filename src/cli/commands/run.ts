import { findWorkflow } from '../../api/start-run.ts'
import { announceModel } from '../announce-model.ts'
import { type Command, JSON_OPTION, type Options, type Parsed } from '../command.ts'
import { loadTeam } from '../load-team.ts'
import { inputFor, readInput } from '../read-input.ts'
import { activeModel, DATA_OPTION, hostOf, MODEL_OPTION, openData, TEAM_OPTION, text } from '../session.ts'
import { settingsOf, settingsOptions } from '../team-settings.ts'
import { watchRun } from '../watch-run.ts'

const OPTIONS: Options = {
  ...TEAM_OPTION,
  workflow: {
    type: 'string',
    short: 'w',
    hint: 'NAME',
    description: "Which of the team's workflows. Default: its first",
  },
  input: { type: 'string', short: 'i', hint: 'JSON', description: 'The input as JSON, or @file; instead of TEXT' },
  ...MODEL_OPTION,
  ...DATA_OPTION,
  ...JSON_OPTION,
}

/** `baton run [TEXT]` */
export const run: Command = {
  name: 'run',
  summary: 'Runs a workflow of a team here, on the embedded engine, and prints its output.',
  usage: '[TEXT] [--team FILE] [--workflow NAME]',
  details:
    "TEXT stands for the input where the workflow takes one text. The team's own settings are options too.\nCtrl-C stops cleanly; `baton resume` goes on.",
  positionals: 1,
  options: async (words) => ({ ...(await settingsOptions(words)), ...OPTIONS }),
  async run(parsed: Parsed) {
    const { values, positionals } = parsed
    const loaded = await loadTeam(text(values, 'team'))
    const { team, file } = loaded
    const workflow = findWorkflow(team, text(values, 'workflow') ?? team.workflows[0]?.name ?? '')
    const input = inputFor(workflow, readInput(positionals[0], text(values, 'input')))
    const settings = settingsOf(team, values)
    const model = await activeModel(values)
    const { stores } = openData(values)
    const json = values['json'] === true
    if (!json) announceModel(model)
    const host = hostOf(team, file, model, stores)
    return watchRun({ host, stores, team, json }, () => host.start({ workflow: workflow.name, input, settings }))
  },
}
