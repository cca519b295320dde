import { findWorkflow } from '../../api/start-run.ts'
import { type Command, JSON_OPTION, type Options } from '../command.ts'
import { RELEASED_OPTION, teamToRun } from '../released/host-here.ts'
import { REMOTE_OPTIONS, remoteTarget } from '../remote/remote-target.ts'
import { DATA_OPTION, MODEL_OPTION, TEAM_OPTION, text } from '../session.ts'
import { startWatched } from '../start-watched.ts'
import { besideSettings, settingsOptions } from '../team-settings.ts'

const OPTIONS: Options = {
  ...TEAM_OPTION,
  ...RELEASED_OPTION,
  workflow: {
    type: 'string',
    short: 'w',
    hint: 'NAME',
    description: "Which of the team's workflows. Default: its first",
  },
  input: { type: 'string', short: 'i', hint: 'JSON', description: 'The input as JSON, or @file; instead of TEXT' },
  ...MODEL_OPTION,
  ...DATA_OPTION,
  ...REMOTE_OPTIONS,
  'idempotency-key': {
    type: 'string',
    hint: 'KEY',
    description: 'The same key and input again are the same run. Default where the team runs elsewhere: a new one',
  },
  budget: {
    type: 'string',
    hint: 'LIMITS',
    description: 'What the run may use at most: 2 for dollars, or costUsd=2,tokens=100000,turns=40,toolCalls=100',
  },
  ...JSON_OPTION,
}

/** `baton run [TEXT]` */
export const run: Command = {
  name: 'run',
  summary: 'Runs a workflow of a team, here on the embedded engine or where it is deployed, and prints its output.',
  usage: '[TEXT] [--team FILE | --released NAME | --outputs FILE | --endpoint URL] [--workflow NAME]',
  details:
    "TEXT stands for the input where the workflow takes one text. The team's own settings are options too.\nCtrl-C stops cleanly; `baton resume` goes on. A run elsewhere goes on by itself: `baton events RUN --follow` watches it.\nElsewhere, a path is one of the machine where the team runs, and --team FILE is only for how the output is shown.",

  positionals: 1,
  options: async (words) => besideSettings(await settingsOptions(words, 'anywhere'), OPTIONS),
  async run({ values, positionals }) {
    const target = remoteTarget(values)
    if (target) return (await import('../remote/start-there.ts')).startThere(target, positionals[0], values)
    const loaded = await teamToRun(values)
    const { team } = loaded
    const workflow = findWorkflow(team, text(values, 'workflow') ?? team.workflows[0]?.name ?? '')
    return startWatched(loaded, workflow, positionals[0], values)
  },
}
