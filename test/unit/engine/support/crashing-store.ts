/** A history store of a process that dies at its nth commit, before or after it: from then on nothing is written. */
import type { HistoryStore } from '../../../../src/engine/history-store.ts'

export interface CrashingStore extends HistoryStore {
  readonly commits: () => number
  readonly crashed: () => boolean
}

export function crashingStore(store: HistoryStore, at: number, when: 'before' | 'after'): CrashingStore {
  let commits = 0
  let crashed = false
  const dead = () => new Error('the process is dead')
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    commits++
    if (crashed || (commits === at && when === 'before')) {
      crashed = true
      throw dead()
    }
    const dies = commits === at
    const result = await work()
    if (dies) crashed = true
    if (crashed) throw dead()
    return result
  }
  return {
    commits: () => commits,
    crashed: () => crashed,
    create: (execution) => guarded(() => store.create(execution)),
    commit: (work) =>
      guarded(() =>
        store.commit((write) => {
          if (crashed) throw dead()
          return work(write)
        }),
      ),
    find: (name) => store.find(name),
    list: (prefix) => store.list(prefix),
    runningChildren: (row) => store.runningChildren(row),
    definition: (sha256) => store.definition(sha256),
    chunks: (row) => store.chunks(row),
    token: (token) => store.token(token),
    version: () => store.version(),
    get pending() {
      return store.pending
    },
    close: () => store.close(),
  }
}
