import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { readAudit, wholeAudit } from '../../../src/api/run-audit.ts'
import { verifyChain } from '../../../src/audit/chain.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import { openSealKey, readSealKeys } from '../../../src/engine/seal-key.ts'
import { Conflict } from '../../../src/errors.ts'
import { openRecordsSeals } from '../../../src/records/seals.ts'
import type { AgentName, Sha256, StepId } from '../../../src/schema/ids.ts'
import { Run } from '../../../src/schema/run.ts'
import type { Seal } from '../../../src/schema/run-audit.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

const HASH = 'a'.repeat(64) as Sha256
const RUN = Run.parse({
  ...{ runId: 'run-1', team: 'team', teamSha256: HASH, workflow: 'work', workflowVersion: '1.0.0' },
  ...{ input: {}, settings: {}, model: 'offline', status: 'running', execution: 1, cancelRequested: false },
  ...{ startedAt: '2026-01-01T00:00:00.000Z', lock: { agents: {}, workflows: {} } },
})
const ACTOR = { agent: 'worker' as AgentName, version: '1.0.0', sha256: HASH, role: 'Worker' }

async function recorded({ steps, turns }: { steps: number; turns: number }) {
  const folder = mkdtempSync(join(tmpdir(), 'baton-audit-'))
  const clock = fakeClock('2026-01-01T00:00:00.000Z')
  const stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock })
  onTestFinished(() => {
    stores.close()
    rmSync(folder, { recursive: true, force: true })
  })
  await stores.runs.create(RUN)
  for (let step = 0; step < steps; step++) {
    const stepId = `work=${step}` as StepId
    const writer = await stores.journal.claimAttempt({ runId: RUN.runId, stepId, attempt: 1, actor: ACTOR })
    if (writer instanceof Conflict) throw writer
    for (let turn = 1; turn <= turns; turn++) await writer.append({ event: 'turn', turn }, { text: `${step}/${turn}` })
  }
  const seals = openRecordsSeals(stores.records)
  const reading = {
    isHeld: async () => true,
    now: () => clock.now(),
    seals,
    sealKeys: async () => readSealKeys(folder),
  }
  return { folder, seals, dependencies: { ...stores, ...reading } }
}

it('pages through all rows, each once, with content only where it is asked for', async () => {
  const { dependencies } = await recorded({ steps: 5, turns: 500 })
  const first = await readAudit(RUN.runId, {}, dependencies)
  expect(first).toMatchObject({ next: 'work=2' })
  expect(first.bodies).toBeUndefined()
  const whole = await wholeAudit(RUN.runId, (runId, query) => readAudit(runId, query, dependencies), { bodies: 'true' })
  expect(whole.rows).toHaveLength(1 + 5 * 501)
  for (let step = 0; step < 5; step++) {
    const stepId = `work=${step}` as StepId
    const rows = whole.rows.filter((row) => row.stepId === stepId)
    expect(verifyChain({ runId: RUN.runId, stepId, attempt: 1 }, rows).status).toBe('intact')
  }
  const { bodySha256 = '' } = whole.rows.at(-1) ?? {}
  expect(whole.bodies?.[bodySha256]).toEqual({ text: '4/500' })
})

it('refuses a cursor that was not given out, and an unknown run', async () => {
  const { dependencies } = await recorded({ steps: 1, turns: 1 })
  await expect(readAudit(RUN.runId, { after: 'other' }, dependencies)).rejects.toThrow(/after/)
  await expect(readAudit('run-2' as typeof RUN.runId, {}, dependencies)).rejects.toThrow(/no run run-2/)
})

it('keeps one seal a place, and knows the one that was sent twice', async () => {
  const { folder, seals, dependencies } = await recorded({ steps: 1, turns: 1 })
  const { key, sign } = openSealKey(folder)
  expect(openSealKey(folder).key).toEqual(key)
  expect(statSync(join(folder, 'seal-key.pem')).mode & 0o077).toBe(0)
  const chains = [{ stepId: 'work=0' as StepId, attempt: 1, rows: 2, head: HASH }]
  const at = '2026-01-01T00:00:00.000Z'
  const { keyId, algorithm } = key
  const content = { version: 1, team: RUN.team, runId: RUN.runId, seq: 0, at, chains, keyId, algorithm } as const
  const seal: Seal = { ...content, signature: sign('first') }
  expect(await seals.add(seal)).toBe(true)
  expect(await seals.add(seal)).toBe(true)
  expect(await seals.add({ ...seal, signature: sign('second') })).toBe(false)
  expect(await readAudit(RUN.runId, {}, dependencies)).toMatchObject({ seals: [seal], keys: [key] })
})
