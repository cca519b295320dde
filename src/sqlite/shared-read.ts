/**
 * Reads of one turn of the event loop share one read transaction: to open and close one costs as much as a short read.
 * Nothing can be learned from outside within a turn, so that no read is older than what its caller can know.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite'

export class SharedRead {
  readonly #database: DatabaseSync
  readonly #begin: StatementSync
  readonly #end: StatementSync
  readonly #endLater = () => {
    this.#scheduled = false
    this.end()
  }
  #open = false
  #scheduled = false

  constructor(database: DatabaseSync) {
    this.#database = database
    this.#begin = database.prepare('BEGIN')
    this.#end = database.prepare('COMMIT')
  }

  /** Before a read that is in no other transaction. */
  begin(): void {
    if (this.#open) return
    this.#begin.run()
    this.#open = true
    if (this.#scheduled) return
    this.#scheduled = true
    setImmediate(this.#endLater)
  }

  /** Before a write, so that it begins from the newest state. */
  end(): void {
    if (!this.#open) return
    this.#open = false
    if (this.#database.isOpen) this.#end.run()
  }
}
