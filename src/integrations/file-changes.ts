/**
 * Changes of files that happen once for a call. A change is first staged in the root's own folder and written down;
 * then one rename, or the end of a staged file, is the change itself. Whoever comes next finishes what a dead process
 * began, and a database in the folder sees to it that they come one after the other.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { EffectUnknown, NotActed } from '../errors.ts'
import { sha256 } from '../schema/sha256.ts'
import { openDatabase } from '../sqlite/database.ts'
import { type FilePlace, OWN_FOLDER, placeIn } from './file-root.ts'

export type FileChange =
  | { readonly kind: 'write'; readonly text: string; readonly ifSha256?: string | null | undefined }
  | { readonly kind: 'append'; readonly text: string }
  | { readonly kind: 'delete' }

export interface FileResult {
  readonly file: string
  readonly bytes: number
  /** Of the whole file afterwards; null: there is none. */
  readonly sha256: string | null
}

interface Planned {
  readonly kind: FileChange['kind']
  readonly name: string
  /** Bytes of the file before. */
  readonly size: number
  readonly result: FileResult
}

interface Refused {
  readonly refused: string
}

interface Call {
  readonly root: string
  readonly fence: number
  readonly callId: string
  readonly now: Date
  /** Bytes that a file may have. */
  readonly mostBytes: number
}

const MIGRATIONS = [
  'CREATE TABLE calls (call_id TEXT PRIMARY KEY, begun_at TEXT NOT NULL, plan TEXT NOT NULL, is_done INTEGER NOT NULL)',
]

/**
 * @throws NotActed where it cannot be done: nothing is, then. EffectUnknown where it was begun: the same call again
 * ends it.
 */
export function changeFile(call: Call, name: string, change: FileChange): FileResult {
  const { root, callId, fence } = call
  const database = unbegun(fence, () =>
    openDatabase({ path: join(root, OWN_FOLDER, 'calls.db'), synchronous: 'FULL', migrations: MIGRATIONS }),
  )
  try {
    const plan = unbegun(fence, () => exclusively(database, () => planned(database, call, name, change)))
    if ('refused' in plan) throw new NotActed({ message: plan.refused, next: 'Look at the file first.' })
    exclusively(database, () => finish(database, root, callId, plan))
    rmSync(removed(root, callId), { force: true })
    return plan.result
  } catch (error) {
    if (error instanceof NotActed) throw error
    throw new EffectUnknown({
      message: `${name}: ${(error as Error).message}`,
      next: 'Look at the file.',
      cause: error,
    })
  } finally {
    database.close()
  }
}

function planned(database: DatabaseSync, call: Call, name: string, change: FileChange): Planned | Refused {
  const known = planOf(database, call.callId)
  if (known) return known
  finishOthers(database, call.root)
  try {
    const plan = planChange(call, placeIn(call.root, name), change)
    insert(database, call, plan, false)
    return plan
  } catch (error) {
    const { message } = error as Error
    // So that no earlier try can still act once this one has said that it did not.
    if (call.fence > 1) insert(database, call, { refused: message }, true)
    return { refused: message }
  }
}

/** What fails here has done nothing; what an earlier try has done, only the folder knows. */
function unbegun<T>(fence: number, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const Kind = fence === 1 ? NotActed : EffectUnknown
    throw new Kind({
      message: (error as Error).message,
      next: 'Check that the folder may be written.',
      cause: error,
    })
  }
}

/** What a process that is dead, or stopped, has left: it must be done before anything else is looked at. */
function finishOthers(database: DatabaseSync, root: string): void {
  for (const row of database.prepare('SELECT call_id, plan FROM calls WHERE is_done = 0 ORDER BY rowid').all()) {
    try {
      finish(database, root, String(row['call_id']), JSON.parse(String(row['plan'])) as Planned)
    } catch {
      // What cannot be ended, as somebody has put a folder there, must not keep all others from their work.
    }
  }
}

/** Everything that can be refused is refused here, where nothing is changed yet. */
function planChange({ root, callId, mostBytes }: Call, place: FilePlace, change: FileChange): Planned {
  const { name, path } = place
  const before = contentOf(place)
  if (change.kind === 'delete') {
    if (before === undefined) throw new NotActed({ message: `${name} is not there`, next: 'List the folder.' })
    return { kind: 'delete', name, size: before.length, result: { file: name, bytes: 0, sha256: null } }
  }
  if (change.kind === 'write' && change.ifSha256 !== undefined) {
    const found = before === undefined ? null : sha256(before)
    if (found !== change.ifSha256) {
      throw new NotActed({ message: `${name} is not as it was: ${found ?? 'it is not there'}`, next: 'Read it again.' })
    }
  }
  const size = before?.length ?? 0
  const text = Buffer.from(change.text.toWellFormed())
  const after = change.kind === 'append' && before !== undefined ? Buffer.concat([before, text]) : text
  if (after.length > mostBytes) {
    throw new NotActed({ message: `${name} would have ${after.length} bytes of ${mostBytes}`, next: 'Write less.' })
  }
  makeFolders(place, path)
  const file = openSync(staged(root, callId), 'w', 0o644)
  try {
    writeFileSync(file, text)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  return { kind: change.kind, name, size, result: { file: name, bytes: after.length, sha256: sha256(after) } }
}

function contentOf({ name, path }: FilePlace): Buffer | undefined {
  const status = lstatSync(path, { throwIfNoEntry: false })
  if (status === undefined) return undefined
  if (!status.isFile()) throw new NotActed({ message: `${name} is no file`, next: 'Name a file.' })
  return readFileSync(path)
}

function makeFolders({ name }: FilePlace, path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true })
  } catch (error) {
    throw new NotActed({ message: `${name} has no folder: ${(error as Error).message}`, next: 'Name another path.' })
  }
}

/** Safe to repeat from anywhere within, and nothing where another has done it. */
function finish(database: DatabaseSync, root: string, callId: string, { kind, name, size }: Planned): void {
  if (database.prepare('SELECT is_done FROM calls WHERE call_id = ?').get(callId)?.['is_done'] === 1) return
  const from = staged(root, callId)
  const { path } = placeIn(root, name)
  if (kind === 'delete') {
    if (!existsSync(removed(root, callId)) && existsSync(path)) renameSync(path, removed(root, callId))
  } else if (existsSync(from)) {
    if (kind === 'write') renameSync(from, path)
    else appendOnce(from, path, size)
  }
  syncFolder(dirname(path))
  database.prepare('UPDATE calls SET is_done = 1 WHERE call_id = ?').run(callId)
}

/**
 * What of the text is there already is what an earlier try has written: the rest is added, then the staged text goes.
 */
function appendOnce(from: string, path: string, size: number): void {
  const text = readFileSync(from)
  const file = openSync(path, existsSync(path) ? 'r+' : 'wx+', 0o644)
  try {
    const found = Buffer.alloc(text.length)
    const length = readSync(file, found, 0, text.length, size)
    const isOurs = found.subarray(0, length).equals(text.subarray(0, length))
    if (isOurs && length < text.length) ftruncateSync(file, size)
    // Somebody else's text stands there: ours comes after it.
    const at = isOurs ? size : lstatSync(path).size
    if (!isOurs || length < text.length) writeSync(file, text, 0, text.length, at)
    fsyncSync(file)
  } finally {
    closeSync(file)
  }
  rmSync(from)
}

function syncFolder(folder: string): void {
  const opened = openSync(folder, 'r')
  try {
    fsyncSync(opened)
  } finally {
    closeSync(opened)
  }
}

/** Other processes wait: SQLite's lock ends with the process that holds it, however it ends. */
function exclusively<T>(database: DatabaseSync, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const done = work()
    database.exec('COMMIT')
    return done
  } finally {
    if (database.isTransaction) database.exec('ROLLBACK')
  }
}

function planOf(database: DatabaseSync, callId: string): Planned | Refused | undefined {
  const row = database.prepare('SELECT plan FROM calls WHERE call_id = ?').get(callId)
  return row === undefined ? undefined : (JSON.parse(String(row['plan'])) as Planned | Refused)
}

function insert(database: DatabaseSync, { callId, now }: Call, plan: Planned | Refused, isDone: boolean): void {
  const statement = database.prepare('INSERT INTO calls (call_id, begun_at, plan, is_done) VALUES (?, ?, ?, ?)')
  statement.run(callId, now.toISOString(), JSON.stringify(plan), Number(isDone))
}

const staged = (root: string, callId: string) => join(root, OWN_FOLDER, sha256(callId))
const removed = (root: string, callId: string) => join(root, OWN_FOLDER, `removed-${sha256(callId)}`)
