/**
 * Texts that many items share, each kept once under a number: partition names, and values that repeat. Called inside
 * the transaction that needs the number; what a rollback undid must be forgotten.
 */
import type { DatabaseSync } from 'node:sqlite'

export interface Names {
  /** undefined: nothing was ever stored under it. */
  find(text: string): number | undefined
  /** Its number, given now where it has none. */
  give(text: string): number
  textOf(id: number): string
  forget(): void
}

/** Numbers kept in memory: some MB at most. Beyond it, all are read again. */
const CACHED = 10_000

/** Found by a short digest, so that an index need not hold the text, often longer than the item, a second time. */
export function namesTable(table: string): string {
  return `CREATE TABLE ${table} (id INTEGER PRIMARY KEY, digest INTEGER NOT NULL, text TEXT NOT NULL) STRICT;
   CREATE INDEX ${table}_by_digest ON ${table} (digest);`
}

export function openNames(database: DatabaseSync, table: string): Names {
  const byText = database.prepare(`SELECT id FROM ${table} WHERE digest = ? AND text = ?`)
  const byId = database.prepare(`SELECT text FROM ${table} WHERE id = ?`)
  const insert = database.prepare(`INSERT INTO ${table} (digest, text) VALUES (?, ?)`)
  const ids = new Map<string, number>()
  const texts = new Map<number, string>()

  function keep(id: number, text: string): number {
    if (ids.size >= CACHED) forget()
    ids.set(text, id)
    texts.set(id, text)
    return id
  }

  function forget(): void {
    ids.clear()
    texts.clear()
  }

  function find(text: string): number | undefined {
    const cached = ids.get(text)
    if (cached !== undefined) return cached
    const row = byText.get(digestOf(text), text)
    return row === undefined ? undefined : keep(Number(row['id']), text)
  }

  return {
    find,
    forget,
    give(text) {
      return find(text) ?? keep(Number(insert.run(digestOf(text), text).lastInsertRowid), text)
    },
    textOf(id) {
      const cached = texts.get(id)
      if (cached !== undefined) return cached
      const text = String(byId.get(id)?.['text'] ?? '')
      keep(id, text)
      return text
    },
  }
}

/** FNV-1a, 32 bits: equal digests of different texts are told apart by the text. */
function digestOf(text: string): number {
  let digest = 0x811c9dc5
  for (let index = 0; index < text.length; index++) digest = Math.imul(digest ^ text.charCodeAt(index), 0x01000193)
  return digest | 0
}
