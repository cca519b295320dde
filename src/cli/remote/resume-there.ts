/** `baton resume` for a run of a team that runs elsewhere: it goes on there, with the versions it began with. */
import type { EventId } from '../../schema/run-event.ts'
import type { Parsed } from '../command.ts'
import { runIdOf } from '../place.ts'
import { announceTeam } from './announce-team.ts'
import { openRemote } from './open-remote.ts'
import { eventsNow, namedTeam, remotePlace } from './remote-place.ts'
import type { RemoteTarget } from './remote-target.ts'
import { watchThere } from './watch-there.ts'

/** @param word A run's id, or `latest`. @returns the exit code */
export async function resumeThere(
  target: RemoteTarget,
  word: string | undefined,
  values: Parsed['values'],
): Promise<number> {
  const runs = openRemote(target)
  const runId = await runIdOf(word, remotePlace(target, values))
  const known: EventId[] = []
  let name = ''
  for await (const event of eventsNow(runId, runs)) {
    known.push(event.id)
    if (event.type === 'run.started') name = event.team
  }
  const team = await namedTeam({ team: name }, values)
  const json = values['json'] === true
  const unsure = `Look at it: baton show ${runId}${target.words}`
  return watchThere({ runs, url: target.url, unsure, known, team, words: target.words, json }, async () => {
    const run = await runs.resume(runId)
    if (!json) announceTeam(run.team, target)
    return run
  })
}
