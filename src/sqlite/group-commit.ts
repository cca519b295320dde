/**
 * One transaction for all the writes that are asked for at the same time. A write resolves after its transaction is
 * committed, never before. Many parallel agents then cost one commit a tick instead of one each.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { BatonError, RecordsCorrupt, RecordsUnavailable } from '../errors.ts'

interface Pending {
  readonly work: () => unknown
  readonly undo: boolean
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/**
 * Each hook is optional: crash points go around the COMMIT; what was learned inside is forgotten after a rollback;
 * other uses of the connection end before the BEGIN.
 */
export interface AroundCommit {
  readonly begin?: () => void
  readonly before?: () => void
  readonly after?: () => void
  readonly rolledBack?: () => void
}

/**
 * Writes in one transaction at most: a few ms, so that no other process waits long for the lock, nor a timer of this
 * one for its turn.
 */
const BATCH = 128

export class GroupCommit {
  readonly #database: DatabaseSync
  readonly #around: AroundCommit
  readonly #statements: Readonly<Record<'begin' | 'commit' | 'mark' | 'release' | 'undo', StatementSync>>
  readonly #flushLater = () => this.#flush()
  #queue: Pending[] = []
  #scheduled = false

  constructor(database: DatabaseSync, around: AroundCommit = {}) {
    this.#database = database
    this.#around = around
    this.#statements = {
      begin: database.prepare('BEGIN IMMEDIATE'),
      commit: database.prepare('COMMIT'),
      mark: database.prepare('SAVEPOINT one'),
      release: database.prepare('RELEASE one'),
      undo: database.prepare('ROLLBACK TO one'),
    }
  }

  /**
   * Runs `work` (synchronous: its reads and writes are atomic) inside a transaction shared with others.
   * @throws whatever `work` threw, its writes undone; RecordsUnavailable where the transaction failed.
   */
  run<T>(work: () => T): Promise<T> {
    return this.#enqueue(work, true)
  }

  /**
   * The same without a savepoint, for work that refuses (throws a BatonError) only before its first write. Anything
   * else that it throws fails the whole transaction.
   */
  runUnmarked<T>(work: () => T): Promise<T> {
    return this.#enqueue(work, false)
  }

  #enqueue<T>(work: () => T, undo: boolean): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, undo, resolve: resolve as (value: unknown) => void, reject })
      if (this.#scheduled) return
      this.#scheduled = true
      setImmediate(this.#flushLater)
    })
  }

  #flush(): void {
    const batch = this.#queue.length <= BATCH ? this.#queue : this.#queue.slice(0, BATCH)
    this.#queue = batch === this.#queue ? [] : this.#queue.slice(BATCH)
    this.#scheduled = this.#queue.length > 0
    if (this.#scheduled) setImmediate(this.#flushLater)
    let settled: (() => void)[]
    try {
      this.#around.begin?.()
      this.#statements.begin.run()
      settled = batch.map((pending) => this.#attempt(pending))
      this.#around.before?.()
      this.#statements.commit.run()
      this.#around.after?.()
    } catch (error) {
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('ROLLBACK')
      this.#around.rolledBack?.()
      const failure = refusal(error as Error & { readonly errcode?: number })
      for (const pending of batch) pending.reject(failure)
      return
    }
    for (const settle of settled) settle()
  }

  #attempt({ work, undo, resolve, reject }: Pending): () => void {
    if (undo) this.#statements.mark.run()
    try {
      const value = work()
      if (undo) this.#statements.release.run()
      return () => resolve(value)
    } catch (error) {
      if (!undo && !(error instanceof BatonError)) throw error
      if (undo) {
        this.#statements.undo.run()
        this.#statements.release.run()
      }
      return () => reject(error)
    }
  }
}

/** https://sqlite.org/rescode.html: SQLITE_CORRUPT, SQLITE_NOTADB; extended codes keep them in the low byte. */
const DAMAGED: readonly number[] = [11, 26]

function refusal(error: Error & { readonly errcode?: number }): BatonError {
  const message = `the database did not take the write: ${error.message}`
  if (DAMAGED.includes((error.errcode ?? 0) & 0xff)) {
    const next = 'Restore the data folder from a copy, or name another one with --data.'
    return new RecordsCorrupt({ message, next, cause: error })
  }
  const next = 'Check free disk space and that no other program holds the data folder, then resume the run.'
  return new RecordsUnavailable({ message, next, cause: error })
}
