import { readHead } from '../../api/read-run.ts'
import { announceModel } from '../announce-model.ts'
import { principalHere } from '../approvals-here.ts'
import { type Command, JSON_OPTION } from '../command.ts'
import { localPlace } from '../local-place.ts'
import { runIdOf } from '../place.ts'
import { placeWords } from '../place-words.ts'
import { releasedHostHere } from '../released/host-here.ts'
import { REMOTE_OPTIONS, remoteTarget } from '../remote/remote-target.ts'
import {
  activeModel,
  DATA_OPTION,
  hostOf,
  MODEL_OPTION,
  openExistingData,
  TEAM_OPTION,
  teamOf,
  text,
} from '../session.ts'
import { refuseMissingPaths } from '../team-settings.ts'
import { watchHere } from '../watch-here.ts'

/** `baton resume RUN` */
export const resume: Command = {
  name: 'resume',
  summary:
    'Goes on with a run that was cut off, failed, timed out or was cancelled. Finished steps and turns are kept.',
  usage: 'RUN',
  details: '`latest` stands for the newest run. The team is the one the run was started with, unless --team names it.',
  positionals: 1,
  options: async () => ({ ...TEAM_OPTION, ...MODEL_OPTION, ...DATA_OPTION, ...REMOTE_OPTIONS, ...JSON_OPTION }),
  async run({ values, positionals }) {
    const target = remoteTarget(values)
    if (target) return (await import('../remote/resume-there.ts')).resumeThere(target, positionals[0], values)
    const data = openExistingData(values)
    const run = await readHead(await runIdOf(positionals[0], localPlace(data, values)), data.reading)
    const { team, file } = await teamOf(run, values, data.stores)
    if (run.status !== 'succeeded' && run.status !== 'running') {
      const advise = (option: string) =>
        `Bring it back to where it was and resume again, or start a new run with ${option}`
      refuseMissingPaths(team, run.settings, advise)
    }
    const model = await activeModel(values)
    const json = values['json'] === true
    const { stores } = data
    const host =
      run.release === undefined || text(values, 'team') !== undefined
        ? hostOf(team, file, model, stores)
        : releasedHostHere(run.team, { model, stores })
    return watchHere({ host, stores, team, json, words: placeWords(values) }, async () => {
      const hosted = await host.resume(run.runId, principalHere())
      if (!json) announceModel(model)
      return hosted
    })
  },
}
