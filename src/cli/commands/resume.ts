import { announceModel } from '../announce-model.ts'
import { type Command, JSON_OPTION } from '../command.ts'
import { placeWords } from '../place-words.ts'
import {
  activeModel,
  DATA_OPTION,
  hostOf,
  MODEL_OPTION,
  openExistingData,
  runNamed,
  TEAM_OPTION,
  teamOf,
} from '../session.ts'
import { refuseMissingPaths } from '../team-settings.ts'
import { watchRun } from '../watch-run.ts'

/** `baton resume RUN` */
export const resume: Command = {
  name: 'resume',
  summary:
    'Goes on with a run that was cut off, failed, timed out or was cancelled. Finished steps and turns are kept.',
  usage: 'RUN',
  details: '`latest` stands for the newest run. The team is the one the run was started with, unless --team names it.',
  positionals: 1,
  options: async () => ({ ...TEAM_OPTION, ...MODEL_OPTION, ...DATA_OPTION, ...JSON_OPTION }),
  async run({ values, positionals }) {
    const data = openExistingData(values)
    const run = await runNamed(positionals[0], data)
    const { team, file } = await teamOf(run, values)
    if (run.status !== 'succeeded' && run.status !== 'running') {
      const advise = (option: string) =>
        `Bring it back to where it was and resume again, or start a new run with ${option}`
      refuseMissingPaths(team, run.settings, advise)
    }
    const model = await activeModel(values)
    const json = values['json'] === true
    const { stores } = data
    const host = hostOf(team, file, model, stores)
    return watchRun({ host, stores, team, json, place: placeWords(values) }, async () => {
      const hosted = await host.resume(run.runId)
      if (!json) announceModel(model)
      return hosted
    })
  },
}
