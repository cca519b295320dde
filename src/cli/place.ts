/** Where runs are: in a folder of this machine, or with a team that runs elsewhere. The verbs do not know which. */
import type { RunService } from '../api/run-service.ts'
import type { Team } from '../define/team.ts'
import { InvalidRequest, NotFound } from '../errors.ts'
import { RunId } from '../schema/ids.ts'
import type { Run } from '../schema/run.ts'
import type { StreamedEvent } from '../schema/run-event.ts'
import type { Parsed } from './command.ts'
import { remoteTarget } from './remote/remote-target.ts'

export interface Place {
  readonly runs: Pick<
    RunService,
    | 'read'
    | 'output'
    | 'list'
    | 'cancel'
    | 'budget'
    | 'raiseBudget'
    | 'effects'
    | 'settleEffect'
    | 'messages'
    | 'state'
    | 'audit'
    | 'listApprovals'
    | 'readApproval'
    | 'decideApproval'
  >
  /** Oldest first: what there is now, or until the run ends. Each once. */
  events(runId: RunId, options: { readonly isFollowed: boolean }): AsyncIterable<StreamedEvent>
  /** Whose workflow renders the output; undefined where there is no team file at hand. */
  teamOf(run: Run): Promise<Team | undefined>
  /** How long what is in flight may take after a cancellation, in words. */
  readonly endsWithin: string
  /** For people: the folder, or the URL. */
  readonly name: string
  /** What a command to paste needs to find the place. */
  readonly words: string
}

type Values = Parsed['values']

/** @throws NotFound where the data folder has no runs, so that a wrong one is said and not made; InvalidRequest */
export async function openPlace(values: Values): Promise<Place> {
  const target = remoteTarget(values)
  if (target === undefined) {
    const { openExistingData } = await import('./session.ts')
    const { localPlace } = await import('./local-place.ts')
    return localPlace(openExistingData(values), values)
  }
  return (await import('./remote/remote-place.ts')).remotePlace(target, values)
}

/** @throws InvalidRequest for what is no run id; NotFound where `latest` finds none. */
export async function runIdOf(word: string | undefined, { runs, name }: Place): Promise<RunId> {
  if (word === undefined) {
    throw new InvalidRequest({
      message: 'Which run? Its id is missing',
      next: 'baton runs lists them; `latest` is the newest.',
    })
  }
  if (word === 'latest') {
    const [newest] = (await runs.list({ limit: 1 })).runs
    if (newest) return newest.runId
    throw new NotFound({ message: `There are no runs in ${name}`, next: 'Start one: baton run --help' })
  }
  const parsed = RunId.safeParse(word)
  if (parsed.success) return parsed.data
  throw new InvalidRequest({
    message: `${JSON.stringify(word)} is no run id`,
    next: 'baton runs lists the runs there are.',
  })
}
