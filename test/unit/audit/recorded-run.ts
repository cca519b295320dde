/** A run as its records hold it, with seals, and its audit record. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { readAudit, wholeAudit } from '../../../src/api/run-audit.ts'
import { nextSeal, sealText } from '../../../src/audit/seal.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import { openSealKey } from '../../../src/engine/seal-key.ts'
import { Conflict } from '../../../src/errors.ts'
import { chainEnds } from '../../../src/records/chain-heads.ts'
import { openRecordsSeals } from '../../../src/records/seals.ts'
import type { AgentName, RunId, Sha256, StepId } from '../../../src/schema/ids.ts'
import { Run } from '../../../src/schema/run.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

const HASH = 'a'.repeat(64) as Sha256
export const OUTPUT = { answer: 'because' }
export const ACTOR = { agent: 'worker' as AgentName, version: '1.0.0', sha256: HASH, role: 'Worker' }
const endedAt = '2026-01-02T00:00:00.000Z'

export async function recordedRun(runId = 'run-1') {
  const folder = mkdtempSync(join(tmpdir(), 'baton-audit-'))
  const clock = fakeClock('2026-01-01T00:00:00.000Z')
  const stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock })
  onTestFinished(() => {
    stores.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const run = Run.parse({
    ...{ runId, team: 'team', teamSha256: HASH, workflow: 'work', workflowVersion: '1.0.0', caller: 'local:anna' },
    ...{ input: { question: 'why' }, settings: {}, model: 'offline', status: 'running', execution: 1 },
    ...{ cancelRequested: false, startedAt: '2026-01-01T00:00:00.000Z', lock: { agents: {}, workflows: {} } },
  })
  await stores.runs.create(run)
  const seals = openRecordsSeals(stores.records)
  const signer = openSealKey(folder)
  const reading = {
    ...stores,
    seals,
    isHeld: async () => true,
    now: () => clock.now(),
    sealKeys: async () => [signer.key],
  }

  /** A row each for the turns, and its outcome where it ends. */
  async function step(stepId: string, turns: number, ends = true): Promise<void> {
    const place = { runId: run.runId, stepId: stepId as StepId }
    const { nextAttempt: attempt, head: cause } = await stores.journal.readStep(place.runId, place.stepId)
    const writer = await stores.journal.claimAttempt({ ...place, attempt, cause, actor: ACTOR, execution: 1 })
    if (writer instanceof Conflict) throw writer
    for (let turn = 1; turn <= turns; turn += 1)
      await writer.append({ event: 'turn', turn }, { text: `${stepId} ${turn}` })
    if (ends) await writer.append({ event: 'outcome', status: 'completed' })
    await clock.advance(1_000)
  }

  async function seal(): Promise<void> {
    const earlier = await seals.list(run.runId)
    const ends = await chainEnds(stores.records, stores.journal, run.runId)
    const chains = ends.map(({ stepId, attempt, rows, head }) => ({ stepId, attempt, rows, head }))
    const { keyId, algorithm } = signer.key
    const at = clock.now().toISOString()
    const content = nextSeal({ team: run.team, runId: run.runId, at, chains, seals: earlier, keyId, algorithm })
    if (content !== undefined) await seals.add({ ...content, signature: signer.sign(sealText(content)) })
  }

  return {
    ...stores,
    run,
    signer,
    step,
    seal,
    clock,
    finish: () => stores.runs.finish(run.runId, { status: 'succeeded', endedAt, output: OUTPUT }),
    audit: () => wholeAudit(run.runId as RunId, (id, query) => readAudit(id, query, reading), { bodies: 'true' }),
  }
}

/** Two steps, one of them begun twice, sealed half-way and at its end. */
export async function sealedRun(runId?: string) {
  const recorded = await recordedRun(runId)
  await recorded.step('plan', 2)
  await recorded.seal()
  await recorded.step('work', 3, false)
  await recorded.step('work', 2)
  await recorded.finish()
  await recorded.seal()
  return recorded
}
