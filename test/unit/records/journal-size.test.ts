import { mkdtempSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { Conflict } from '../../../src/errors.ts'
import { openFolderArtifacts } from '../../../src/records/artifacts-folder.ts'
import { openJournal } from '../../../src/records/journal.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { AgentName, RunId, Sha256, StepId } from '../../../src/schema/ids.ts'

const sha = (digit: string) => Sha256.parse(digit.repeat(64))
const actor = { agent: AgentName.parse('researcher'), version: '1.0.0', sha256: sha('a'), role: 'Finds facts' }
const usage = { inputTokens: 1234, outputTokens: 567, cacheReadTokens: 0, cacheWriteTokens: 0 }
const model = { provider: 'bedrock', id: 'anthropic.claude-sonnet-4-5-20250929-v1:0', parameters: { maxTokens: 4000 } }
const total = { turns: 1, toolCalls: 0, inputTokens: 1234, outputTokens: 567, costUsd: 0.0123 }
const body = { text: 'An answer. '.repeat(20) }

/** Two rows a step: the claim, and a turn that ends it. Bytes of the file for each step, beside the content. */
async function bytesAStep(steps: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'baton-size-'))
  const path = join(folder, 'records.db')
  const records = openSqliteRecords({ path, synchronous: 'NORMAL' })
  const journal = openJournal({ records, artifacts: openFolderArtifacts(folder), clock: systemClock })
  const runId = RunId.parse('01JD3Q5Y7ZK9')
  const numbers = Array.from({ length: steps }, (_, i) => i)
  await Promise.all(
    numbers.map(async (i) => {
      const stepId = StepId.parse(`findings:${i}/research`)
      const writer = await journal.claimAttempt({ runId, stepId, attempt: 1, actor, hashes: { input: sha('c') } })
      if (writer instanceof Conflict) throw writer
      const hashes = { prompt: sha('b') }
      await writer.append(
        { event: 'outcome', turn: 1, status: 'completed', model, usage, costUsd: 0.0123, hashes, total },
        body,
      )
    }),
  )
  records.close()
  const database = new DatabaseSync(path)
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
  database.close()
  return statSync(path).size / steps - JSON.stringify(body).length
}

it('takes as many bytes a step at 5,000 steps, 10,000 rows, as at 500, and at most 1 KB beside the content', async () => {
  const [few, many] = [await bytesAStep(500), await bytesAStep(5000)]
  expect(many / few).toBeLessThan(1.1)
  expect(many).toBeLessThan(1000)
})
