/**
 * One transaction for all the writes that are asked for at the same time. A write resolves after its transaction is
 * committed, never before. Many parallel agents then cost one commit a tick instead of one each.
 */
import type { DatabaseSync } from 'node:sqlite'
import { RecordsUnavailable } from '../errors.ts'

interface Pending {
  readonly work: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

/** Writes in one transaction at most, so that no other process waits long for the lock. */
const BATCH = 512

export class GroupCommit {
  readonly #database: DatabaseSync
  readonly #around: { readonly before: () => void; readonly after: () => void }
  #queue: Pending[] = []
  #scheduled = false

  /** @param around Runs right before and after each COMMIT: where crash points go. */
  constructor(database: DatabaseSync, around = { before() {}, after() {} }) {
    this.#database = database
    this.#around = around
  }

  /**
   * Runs `work` (synchronous: its reads and writes are atomic) inside a transaction shared with others.
   * @throws whatever `work` threw, its writes undone; RecordsUnavailable where the transaction failed.
   */
  run<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#queue.push({ work, resolve: resolve as (value: unknown) => void, reject })
      if (this.#scheduled) return
      this.#scheduled = true
      setImmediate(() => this.#flush())
    })
  }

  #flush(): void {
    const batch = this.#queue.splice(0, BATCH)
    this.#scheduled = this.#queue.length > 0
    if (this.#scheduled) setImmediate(() => this.#flush())
    let settled: (() => void)[]
    try {
      this.#database.exec('BEGIN IMMEDIATE')
      settled = batch.map((pending) => this.#attempt(pending))
      this.#around.before()
      this.#database.exec('COMMIT')
      this.#around.after()
    } catch (error) {
      if (this.#database.isOpen && this.#database.isTransaction) this.#database.exec('ROLLBACK')
      const failure = new RecordsUnavailable({
        message: `the database did not take the write: ${(error as Error).message}`,
        next: 'Check free disk space and that no other program holds the data folder, then resume the run.',
        cause: error,
      })
      for (const pending of batch) pending.reject(failure)
      return
    }
    for (const settle of settled) settle()
  }

  #attempt({ work, resolve, reject }: Pending): () => void {
    this.#database.exec('SAVEPOINT one')
    try {
      const value = work()
      this.#database.exec('RELEASE one')
      return () => resolve(value)
    } catch (error) {
      this.#database.exec('ROLLBACK TO one')
      this.#database.exec('RELEASE one')
      return () => reject(error)
    }
  }
}
