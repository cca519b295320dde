/** Goes on with several runs of a data folder in this process, whichever teams they are of. */
import type { EmbeddedHost } from '../engine/host.ts'
import type { Run } from '../schema/run.ts'
import type { Parsed } from './command.ts'
import { releasedHostHere } from './released/host-here.ts'
import { type ActiveModel, activeModel, type Data, hostOf, teamOf } from './session.ts'

export interface ResumerHere {
  /** Resolves with the run as it ended. */
  readonly resume: (run: Run) => Promise<Run>
  readonly release: () => Promise<void>
}

/** Opens no model before there is something to go on with. */
export function resumerHere({ stores }: Data, values: Parsed['values']): ResumerHere {
  let model: Promise<ActiveModel> | undefined
  const hosts = new Map<string, EmbeddedHost>()
  async function hostFor(run: Run): Promise<EmbeddedHost> {
    const { team, file } = await teamOf(run, { ...values, team: values['file'] }, stores)
    model ??= activeModel(values)
    const active = await model
    const isReleased = run.release !== undefined && values['file'] === undefined
    const key = isReleased ? `released ${run.team}` : file
    const open = () =>
      isReleased ? releasedHostHere(run.team, { model: active, stores }) : hostOf(team, file, active, stores)
    const host = hosts.get(key) ?? open()
    hosts.set(key, host)
    return host
  }
  return {
    async resume(run) {
      const host = await hostFor(run)
      const { ended } = await host.resume(run.runId)
      return ended
    },
    async release() {
      await Promise.all([...hosts.values()].map((host) => host.release()))
    },
  }
}
