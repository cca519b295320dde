/** The runs of a team that runs elsewhere, as a place to look at them. */
import type { RunService } from '../../api/run-service.ts'
import type { Team } from '../../define/team.ts'
import { InvalidRequest } from '../../errors.ts'
import type { RunId } from '../../schema/ids.ts'
import type { EventId, StreamedEvent } from '../../schema/run-event.ts'
import type { Parsed } from '../command.ts'
import { loadTeam } from '../load-team.ts'
import type { Place } from '../place.ts'
import { text } from '../session.ts'
import { openRemote } from './open-remote.ts'
import type { RemoteTarget } from './remote-target.ts'

export function remotePlace(target: RemoteTarget, values: Parsed['values']): Place {
  const runs = openRemote(target)
  return {
    runs,
    events: (runId, { isFollowed }) => (isFollowed ? runs.follow(runId) : eventsNow(runId, runs)),
    teamOf: (run) => namedTeam(run, values),
    endsWithin: 'half a minute or so',
    name: target.url,
    words: target.words,
  }
}

/**
 * Only the file that is named here: what a server says of files is not to be loaded.
 * @throws InvalidRequest where it is not the run's team.
 */
export async function namedTeam(
  { team }: { readonly team: string },
  values: Parsed['values'],
): Promise<Team | undefined> {
  const file = text(values, 'team')
  if (file === undefined) return undefined
  const loaded = await loadTeam(file)
  if (loaded.team.name === team) return loaded.team
  throw new InvalidRequest({
    message: `${loaded.file} is team ${loaded.team.name}; the one that runs there is ${team}`,
    next: 'Name the file of that team, or leave --team away: it is only for how the output is shown.',
  })
}

/** Far more than a run has. */
const MOST_PAGES = 10_000

/** What there is now, page by page; each event once. */
export async function* eventsNow(runId: RunId, runs: Pick<RunService, 'events'>): AsyncGenerator<StreamedEvent> {
  const known = new Set<EventId>()
  let after: EventId | undefined
  for (let number = 1; number <= MOST_PAGES; number++) {
    const page = await runs.events(runId, { after })
    for (const event of page.events) {
      if (known.has(event.id)) continue
      known.add(event.id)
      yield event
    }
    if (!page.more || page.next === after) return
    after = page.next
  }
}
