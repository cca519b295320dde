/** Everything Baton keeps on this machine, in one folder that can be moved, copied and deleted. */
import { join } from 'node:path'
import type { Clock } from '../clock.ts'
import type { Artifacts } from '../records/artifacts.ts'
import { openFolderArtifacts } from '../records/artifacts-folder.ts'
import { type Journal, openJournal } from '../records/journal.ts'
import type { Records } from '../records/records.ts'
import { openRuns, type Runs } from '../records/runs.ts'
import { openSqliteRecords } from '../records/sqlite.ts'
import type { Synchronous } from '../sqlite/database.ts'
import { type HistoryStore, openHistory } from './history-store.ts'

export interface Stores {
  readonly folder: string
  /** False: records and history are gone with the process. */
  readonly isKept: boolean
  readonly records: Records
  readonly journal: Journal
  readonly runs: Runs
  readonly artifacts: Artifacts
  readonly history: HistoryStore
  close(): void
}

export interface StoresOptions {
  readonly folder: string
  /** Keeps records and history in memory; artifacts still go to the folder. @default false */
  readonly memory?: boolean
  readonly synchronous: Synchronous
  readonly clock: Clock
}

/** @throws RecordsUnavailable, RecordsCorrupt */
export function openStores({ folder, memory = false, synchronous, clock }: StoresOptions): Stores {
  const records = openSqliteRecords({ path: memory ? ':memory:' : join(folder, 'records.db'), synchronous })
  const history = openHistory({ path: memory ? ':memory:' : join(folder, 'engine.db'), synchronous })
  const artifacts = openFolderArtifacts(join(folder, 'artifacts'))
  const journal = openJournal({ records, artifacts, clock })
  return {
    folder,
    isKept: !memory,
    records,
    artifacts,
    history,
    journal,
    runs: openRuns({ records, journal, artifacts }),
    close() {
      records.close()
      history.close()
    },
  }
}
