/** Who gets which task, from their bids: the award of a contract net, as a pure function. */
import type { AwardPolicy } from '../schema/board.ts'

export interface OpenTask {
  readonly id: string
  /** Peers that had it and did not deliver. */
  readonly tried: readonly string[]
}

export interface PeerBids {
  readonly peer: string
  readonly bids: readonly { readonly task: string; readonly confidence: number }[]
}

export interface AwardRules {
  readonly policy: AwardPolicy
  /** Tasks a peer in one round. */
  readonly capacity: number
  /** Bids below it do not count. */
  readonly least: number
}

/** What became of one bid. */
export interface Considered {
  readonly peer: string
  readonly task: string
  readonly confidence: number
  readonly verdict: 'awarded' | 'outbid' | 'full' | 'tooUnsure' | 'failedBefore' | 'repeated' | 'unknownTask'
}

export interface Assignment {
  /** Task → peer, in the order of the tasks. */
  readonly awards: ReadonlyMap<string, string>
  readonly considered: readonly Considered[]
}

/**
 * The best bid of all is awarded first, then the best of what is left. Of equally sure peers the one with the fewest tasks
 * so far, then the one declared first; of its tasks the one posted first. With `spread`, the number of tasks comes first.
 * @param before Tasks that each peer had in earlier rounds.
 * @param peers In the order declared.
 */
export function awardTasks(
  tasks: readonly OpenTask[],
  peers: readonly PeerBids[],
  { policy, capacity, least }: AwardRules,
  before: ReadonlyMap<string, number> = new Map(),
): Assignment {
  const { valid, refused } = sorted(tasks, peers, least)
  const load = new Map(peers.map(({ peer }) => [peer, 0]))
  const had = (peer: string) => (before.get(peer) ?? 0) + (load.get(peer) ?? 0)
  const better = (a: Candidate, b: Candidate): number => {
    const surer = b.confidence - a.confidence
    const freer = had(a.peer) - had(b.peer)
    const first = policy === 'spread' ? freer || surer : surer || freer
    return first || a.peerOrder - b.peerOrder || a.taskOrder - b.taskOrder
  }
  const awards = new Map<string, string>()
  for (let round = 0; round < tasks.length; round += 1) {
    const best = valid
      .filter(({ peer, task }) => !awards.has(task) && (load.get(peer) ?? 0) < capacity)
      .reduce<Candidate | undefined>((a, b) => (a === undefined || better(b, a) < 0 ? b : a), undefined)
    if (best === undefined) break
    awards.set(best.task, best.peer)
    load.set(best.peer, (load.get(best.peer) ?? 0) + 1)
  }
  const judged = valid.map(({ peer, task, confidence }): Considered => {
    const winner = awards.get(task)
    const verdict = winner === peer ? 'awarded' : winner === undefined ? 'full' : 'outbid'
    return { peer, task, confidence, verdict }
  })
  const inOrder = tasks.flatMap(({ id }) => {
    const peer = awards.get(id)
    return peer === undefined ? [] : [[id, peer] as const]
  })
  return { awards: new Map(inOrder), considered: [...judged, ...refused] }
}

interface Candidate {
  readonly peer: string
  readonly task: string
  readonly confidence: number
  readonly peerOrder: number
  readonly taskOrder: number
}

/** The bids that may win, and those that cannot. */
function sorted(tasks: readonly OpenTask[], peers: readonly PeerBids[], least: number) {
  const byId = new Map(tasks.map((task, taskOrder) => [task.id, { ...task, taskOrder }]))
  const valid: Candidate[] = []
  const refused: Considered[] = []
  for (const [peerOrder, { peer, bids }] of peers.entries()) {
    const seen = new Set<string>()
    for (const { task, confidence } of bids) {
      const open = byId.get(task)
      const isRepeated = seen.has(task)
      seen.add(task)
      const refuse = (verdict: Considered['verdict']) => refused.push({ peer, task, confidence, verdict })
      if (open === undefined) refuse('unknownTask')
      else if (isRepeated) refuse('repeated')
      else if (open.tried.includes(peer)) refuse('failedBefore')
      else if (confidence < least) refuse('tooUnsure')
      else valid.push({ peer, task, confidence, peerOrder, taskOrder: open.taskOrder })
    }
  }
  return { valid, refused }
}
