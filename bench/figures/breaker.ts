/** 40 processes, half of their clocks minutes wrong, that all call one dead model. Time is simulated, the records are real. */
import { join } from 'node:path'
import { openSqliteRecords } from '../../src/records/sqlite.ts'
import { mostInAMinute, mostProbesInACoolDown, seeded, simulate } from '../../test/unit/breaker/simulation.ts'

export interface DeadModel {
  readonly callsAMinute: number
  readonly probesACoolDown: number
}

const PROCESSES = 40
const SECONDS = 600
const MINUTE_MS = 60_000

export async function deadModel(folder: string): Promise<DeadModel> {
  const records = openSqliteRecords({ path: join(folder, 'breaker.db'), synchronous: 'NORMAL' })
  try {
    const outcome = await simulate({
      records,
      region: 'figures',
      processes: PROCESSES,
      skewMs: (process) => ((process % 5) - 2) * 5 * MINUTE_MS,
      isDown: () => true,
      seconds: SECONDS,
      random: seeded(1),
    })
    return { callsAMinute: mostInAMinute(outcome.calls), probesACoolDown: mostProbesInACoolDown(outcome) }
  } finally {
    records.close()
  }
}
