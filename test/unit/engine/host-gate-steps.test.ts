/** Steps on this host behind the gate: what is denied to one is a row of its chain, before what follows from it. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { defineAgent } from 'baton'
import { afterAll, beforeEach, describe, expect, it } from 'vitest'
import { runStep } from '../../../src/agent/run-step.ts'
import { openSafeguards } from '../../../src/agent/safeguards.ts'
import { systemClock } from '../../../src/clock.ts'
import type { Agent } from '../../../src/define/agent.ts'
import { openHost } from '../../../src/engine/host.ts'
import { gatedPorts } from '../../../src/engine/host-gated-ports.ts'
import { thisProcess } from '../../../src/engine/host-owner.ts'
import { openStores, type Stores } from '../../../src/engine/host-stores.ts'
import { PermissionDenied } from '../../../src/errors.ts'
import type { JournalRow } from '../../../src/schema/journal-row.ts'
import type { StepInput } from '../../../src/schema/step.ts'
import { type Script, scriptedModel } from '../../../src/testing/scripted-model.ts'
import { common, office, told, tool } from './support/gated-team.ts'

const folders = mkdtempSync(join(tmpdir(), 'baton-gate-'))
afterAll(() => rmSync(folders, { recursive: true, force: true }))

let stores: Stores
beforeEach(({ onTestFinished }) => {
  const folder = mkdtempSync(join(folders, 'run-'))
  stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock: systemClock })
  onTestFinished(() => stores.close())
})

const readSecret = async (name: string) => `value of ${name}`
const call = (name: string) => ({ toolUses: [{ name, input: { text: 'x' } }] })
const done = { submit: { text: 'done' } }
const step = { runId: 'run-1', execution: 1, stepId: 'write', agent: 'clerk', input: { text: 'x' }, settings: {} }

it('a run goes on as before, and an isolated tool reads its own secret with rights of its own', async () => {
  const host = openHost({
    ...{ stores, team: office, model: scriptedModel({ clerk: [call('look'), call('mail'), done] }), readSecret },
    ...{ priceOf: () => undefined, clock: systemClock, random: () => 0, newRunId: () => 'run-1', owner: thisProcess() },
  })
  const { ended } = await host.start({ workflow: 'desk' as never, input: { text: 'x' }, settings: {} })

  expect(await ended).toMatchObject({ status: 'succeeded', output: { text: 'done' } })
  expect(told.slice(-2)).toEqual(['value of desk', 'value of post'])
  await host.release()
})

/** The code of a step whose agent asks for more than its role was granted, as one that was not deployed with it does. */
async function runRogue(agent: Agent, script: Script) {
  const rows: JournalRow[] = []
  const model = scriptedModel(script)
  const { gate, records, runs, ...ports } = gatedPorts({ stores, team: office, model, clock: systemClock, readSecret })
  const safeguards = openSafeguards({
    records,
    clock: systemClock,
    region: 'local',
    team: office.name,
    owner: { ...thisProcess(), id: 'x' },
  })
  const dependencies = {
    ...{ ...safeguards, ...ports, agents: () => agent, clock: systemClock, random: () => 0 },
    ...{ priceOf: () => undefined, isCancelled: async () => false, openBudget: undefined, guard: undefined },
    onRow: (row: JournalRow) => rows.push(row),
  }
  const ended = gate.within(step, () => runStep(step as unknown as StepInput, dependencies))
  const result = await ended.catch((error: unknown) => error)
  return { result, rows: rows.map(({ event, rule, status, reason }) => ({ event, rule, status, reason })), model }
}

const rogue = (more: Partial<Parameters<typeof defineAgent>[0]>) =>
  defineAgent({ ...common, name: 'clerk', model: { id: 'a.large-v1:0' }, ...more })

describe('what is denied to a step', () => {
  it('a secret: the tool fails by it, after the row that says so', async () => {
    const agent = rogue({ tools: [tool('look', 'cabinet', { secrets: ['cabinet'] })] })
    const { result, rows } = await runRogue(agent, { clerk: [call('look'), done] })

    expect(result).toMatchObject({ status: 'completed' })
    expect(rows.map(({ event, status }) => [event, status])).toEqual([
      ['start', undefined],
      ['turn', 'toolUse'],
      ['decision', 'denied'],
      ['tool', 'error'],
      ['turn', 'toolUse'],
      ['outcome', 'completed'],
    ])
    expect(rows[2]).toMatchObject({
      rule: 'permission.denied',
      reason: expect.stringMatching(
        /^secretsmanager:GetSecretValue on arn:aws:secretsmanager:local:.*office\/cabinet-/,
      ),
    })
    expect(rows[3]?.reason).toMatch(/^PermissionDenied: /)
  })

  it('a model: it is not asked, and the step stops', async () => {
    const { result, rows, model } = await runRogue(rogue({ model: { id: 'c.other-v1:0' } }), { clerk: [done] })

    expect(result).toMatchObject({ status: 'stopped', cause: 'modelUnavailable' })
    expect(rows.map(({ rule, status }) => [rule, status])).toEqual([
      [undefined, undefined],
      ['permission.denied', 'denied'],
      [undefined, 'modelUnavailable'],
    ])
    expect(model.calls).toEqual([])
  })

  it('an integration’s limit: the step ends by the error, and its chain says why', async () => {
    const agent = rogue({ tools: [tool('file', undefined, { rateLimit: { calls: 1, perSeconds: 1 } })] })
    const { result, rows } = await runRogue(agent, { clerk: [call('file'), done] })

    expect(result).toBeInstanceOf(PermissionDenied)
    expect(result).toMatchObject({ action: 'dynamodb:UpdateItem', message: expect.stringContaining('RATE#file') })
    expect(rows.at(-1)).toMatchObject({ event: 'decision', rule: 'permission.denied', status: 'denied' })
  })

  it('another step: nothing is read, claimed or written', async () => {
    const {
      gate,
      records: _,
      runs: __,
      ...ports
    } = gatedPorts({
      ...{ stores, team: office, model: scriptedModel({ clerk: [done] }), clock: systemClock },
    })
    const dependencies = {
      ...{ ...ports, agents: () => rogue({}), clock: systemClock, random: () => 0 },
      ...{ priceOf: () => undefined, isCancelled: async () => false },
    }
    const other = { ...step, stepId: 'review' } as unknown as StepInput

    await expect(gate.within(step, () => runStep(other, dependencies))).rejects.toThrow(PermissionDenied)
    expect((await stores.records.query('RUN#run-1#review')).items).toEqual([])
  })
})
