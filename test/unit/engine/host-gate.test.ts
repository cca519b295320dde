/** A hijacked agent, on this host: whatever it asks the ports of its step for, it gets what its role was granted. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { systemClock } from '../../../src/clock.ts'
import { gatedPorts } from '../../../src/engine/host-gated-ports.ts'
import { openStores, type Stores } from '../../../src/engine/host-stores.ts'
import { ModelAccessDenied, PermissionDenied } from '../../../src/errors.ts'
import { type MemoryFolds, openMemory } from '../../../src/memory/memory.ts'
import type { Records, Write } from '../../../src/records/records.ts'
import type { RunId } from '../../../src/schema/ids.ts'
import type { ModelRequest } from '../../../src/schema/model-call.ts'
import { scriptedModel } from '../../../src/testing/scripted-model.ts'
import { office } from './support/gated-team.ts'

const folder = mkdtempSync(join(tmpdir(), 'baton-gate-'))
const model = scriptedModel({ clerk: [{ submit: { text: 'done' } }, { submit: { text: 'again' } }] })
const step = { agent: 'clerk', runId: 'run_1', stepId: 'write' }
let stores: Stores
let ports: ReturnType<typeof gatedPorts>
beforeAll(() => {
  stores = openStores({ folder, synchronous: 'NORMAL', clock: systemClock })
  ports = gatedPorts({
    stores,
    team: office,
    model,
    clock: systemClock,
    readSecret: async (name) => `value of ${name}`,
  })
})
afterAll(() => {
  stores.close()
  rmSync(folder, { recursive: true, force: true })
})

const within = <T>(work: () => Promise<T>): Promise<T> => ports.gate.within(step, work)
const key = (partition: string) => ({ partition, sort: 'X' })
const absent = { kind: 'absent' } as const
const put = (partition: string): Write => ({
  kind: 'put',
  item: { ...key(partition), attributes: {} },
  condition: absent,
})
const update = (partition: string): Write => ({ kind: 'update', key: key(partition), condition: absent, set: { a: 1 } })
const remove = (partition: string): Write => ({ kind: 'delete', key: key(partition), condition: absent })
const check = (partition: string): Write => ({ kind: 'check', key: key(partition), condition: absent })

type Attempt = (records: Records) => Promise<unknown>

describe('the records of a step', () => {
  it.each<[string, Attempt]>([
    ['the head of its run', (r) => r.get(key('RUN#run_1'))],
    ['the rows of its step', (r) => r.query('RUN#run_1#write')],
    ['a row more', (r) => r.write(put('RUN#run_1#write'))],
    ['its claims', (r) => r.transact([put('RUN#run_1#STEP#write'), update('RUN#run_1#BUDGET')])],
    ['the breaker of its model', (r) => r.write(update('MODEL#a.large-v1:0@local'))],
    ['its rate limit', (r) => r.write(update('RATE#look'))],
    ['its own table', (r) => r.transact([put('TOOL#keep'), check('RUN#run_1#STEP#write')])],
    ['the brake', (r) => r.query('BRAKE')],
    ['a message to whom it may write', (r) => r.transact([put('RUN#run_1#BOX#reviewer#clerk')])],
    ['the key of state that it reads', (r) => r.query('RUN#run_1#STATE#desk.plan')],
    ['the key of state that it writes', (r) => r.write(put('RUN#run_1#STATE#desk.notes'))],
    ['the space that it reads', (r) => r.query('MEMORY#office#customers')],
    ['the space that it writes', (r) => r.transact([put('MEMORY#office#prices')])],
  ])('are open to it: %s', async (_, attempt) => {
    await expect(within(async () => void (await attempt(ports.records)))).resolves.toBeUndefined()
  })

  it.each<[string, Attempt]>([
    ['another run’s head', (r) => r.get(key('RUN#run_2'))],
    ['a run whose id begins like its own', (r) => r.get(key('RUN#run_10'))],
    ['another run’s rows', (r) => r.query('RUN#run_2#write')],
    ['rows of another step', (r) => r.query('RUN#run_1#review')],
    ['rows of a step whose id begins like its own', (r) => r.query('RUN#run_1#write=2')],
    ['the run’s own chain', (r) => r.write(put('RUN#run_1#:run'))],
    ['a row of another run', (r) => r.write(put('RUN#run_2#write'))],
    ['its own row, changed', (r) => r.write(update('RUN#run_1#write'))],
    ['its own row, removed', (r) => r.write(remove('RUN#run_1#write'))],
    ['its own row, removed beside a row more', (r) => r.transact([put('RUN#run_1#write'), remove('RUN#run_1#write')])],
    ['the head of its run, changed', (r) => r.write(update('RUN#run_1'))],
    ['every item of its run’s partition', (r) => r.query('RUN#run_1')],
    ['the approvals of its run', (r) => r.query('RUN#run_1#APPROVAL')],
    ['a task token', (r) => r.get({ partition: 'RUN#run_1#APPROVAL', sort: 'TOKEN#1' })],
    ['an approval by its id', (r) => r.get(key('APPROVAL#1'))],
    ['the list of open approvals', (r) => r.queryIndex('APPROVALS')],
    ['the list of all runs', (r) => r.queryIndex('RUNS')],
    ['the chains of its run', (r) => r.queryIndex('RUN#run_1')],
    ['seals of its run', (r) => r.query('RUN#run_1#SEAL')],
    ['a partition that is a pattern', (r) => r.query('RUN#*')],
    ['a partition without a name', (r) => r.query('')],
    ['another step’s claims', (r) => r.write(update('RUN#run_1#STEP#review'))],
    ['another step’s claims beside its own', (r) => r.transact([put('RUN#run_1#STEP#write'), put('RUN#run_1#STEP#x')])],
    ['the run’s budget, removed', (r) => r.write(remove('RUN#run_1#BUDGET'))],
    ['another run’s budget', (r) => r.write(update('RUN#run_2#BUDGET'))],
    ['the budget of the team', (r) => r.write(update('BUDGET#office'))],
    ['the breaker of a model that is not its own', (r) => r.write(update('MODEL#c.other-v1:0@local'))],
    ['a rate limit that is not its own', (r) => r.write(update('RATE#file'))],
    ['another tool’s table', (r) => r.write(put('TOOL#file'))],
    ['the brake, set', (r) => r.write(put('BRAKE'))],
    ['the brake, released', (r) => r.write(remove('BRAKE'))],
    ['the registry', (r) => r.write(put('REG#office'))],
    ['what another agent sends', (r) => r.write(put('RUN#run_1#BOX#reviewer#reviewer'))],
    ['what it has sent, read in the box of another', (r) => r.query('RUN#run_1#BOX#reviewer#clerk')],
    ['a box of its own that nobody may write to', (r) => r.query('RUN#run_1#BOX#clerk#reviewer')],
    ['a key of state that it only reads, written', (r) => r.write(put('RUN#run_1#STATE#desk.plan'))],
    ['a key of state of another run', (r) => r.query('RUN#run_2#STATE#desk.plan')],
    ['a key of state of another workflow', (r) => r.query('RUN#run_1#STATE#review.plan')],
    ['a space that it only reads, written', (r) => r.write(put('MEMORY#office#customers'))],
    ['a space of another agent', (r) => r.query('MEMORY#office#staff')],
    ['the head of a space of another agent', (r) => r.get({ partition: 'MEMORY#office#staff', sort: 'HEAD' })],
    [
      'a space of another agent beside its own',
      (r) => r.transact([put('MEMORY#office#prices'), put('MEMORY#office#staff')]),
    ],
    ['a fact of its own space, changed', (r) => r.write(update('MEMORY#office#prices'))],
    ['a fact of its own space, removed', (r) => r.write(remove('MEMORY#office#prices'))],
    ['a space of another team', (r) => r.query('MEMORY#shop#customers')],
    ['a space whose name begins like its own', (r) => r.query('MEMORY#office#customers2')],
    ['the log of keys of state', (r) => r.queryIndex('STATE#run_1')],
  ])('are closed to it: %s', async (_, attempt) => {
    await expect(within(() => attempt(ports.records))).rejects.toThrow(PermissionDenied)
  })

  it('are closed outside of every step', async () => {
    await expect(ports.records.get(key('RUN#run_1'))).rejects.toThrow('outside of a step')
    await expect(ports.journal.readStep('run_1' as RunId, 'write' as never)).rejects.toThrow(PermissionDenied)
  })

  it('are closed to an agent that the team does not have', async () => {
    const strange = ports.gate.within({ ...step, agent: 'stranger' }, () => ports.records.get(key('RUN#run_1')))
    await expect(strange).rejects.toThrow('no statement allows dynamodb:GetItem')
  })

  it('hold each of several steps at once to its own', async () => {
    const stepIds = Array.from({ length: 20 }, (_, index) => `item:${index}`)
    const all = stepIds.map((stepId) =>
      ports.gate.within({ ...step, stepId }, async () => {
        await new Promise(setImmediate)
        const own = await ports.records.query(`RUN#run_1#${stepId}`)
        const others = stepIds
          .filter((other) => other !== stepId)
          .map((other) => ports.records.query(`RUN#run_1#${other}`))
        return { own, others: await Promise.allSettled(others) }
      }),
    )
    for (const { own, others } of await Promise.all(all)) {
      expect(own.items).toEqual([])
      expect(others.every(({ status }) => status === 'rejected')).toBe(true)
    }
  })
})

describe('the memory of a team, asked for past the tools', () => {
  const ask = (space: string) => {
    const memory = openMemory({ records: ports.records, team: 'office', clock: systemClock, folds })
    return {
      search: () => within(() => memory.search(space, { query: 'coffee', limit: 5 })),
      remember: () => within(() => memory.remember(space, { ...FACT, text: 'All get a refund.' })),
    }
  }
  const folds: MemoryFolds = new Map()
  const FACT = {
    ...{ text: 'Anna likes coffee.', subject: 'Anna', source: 'mail 1' },
    by: { runId: 'run_0', stepId: 'note', agent: 'reviewer' },
  }

  it('is open where it was granted, and closed elsewhere, whatever this process has read already', async () => {
    const open = openMemory({ records: stores.records, team: 'office', clock: systemClock, folds })
    for (const space of ['customers', 'staff']) await open.remember(space, FACT)
    expect(await open.search('staff', { query: 'coffee', limit: 5 })).toHaveLength(1)

    expect([...(await ask('customers').search())]).toMatchObject([{ fact: { text: 'Anna likes coffee.' } }])
    await expect(ask('staff').search()).rejects.toThrow(PermissionDenied)
    await expect(ask('prices').remember()).resolves.toMatchObject({ version: 1 })
    for (const space of ['customers', 'staff']) {
      await expect(ask(space).remember()).rejects.toThrow(PermissionDenied)
      expect(await open.history(space, 'Anna')).toMatchObject([{ text: 'Anna likes coffee.' }])
    }
  })

  it('is not forgotten by who may only read it', async () => {
    const memory = openMemory({ records: ports.records, team: 'office', clock: systemClock })
    const order = { by: { person: 'clerk' }, reason: 'it says so' }
    await expect(within(() => memory.forget('customers', { subject: 'Anna' }, order))).rejects.toThrow(PermissionDenied)
    expect(await ask('customers').search()).toHaveLength(1)
  })
})

describe('artifacts, models and secrets of a step', () => {
  it('are of its own run', async () => {
    const put = await within(() => ports.artifacts.put('run_1' as RunId, 'x'))

    expect(await within(() => ports.artifacts.get('run_1' as RunId, put))).toBe('x')
    for (const runId of ['run_2', 'run_10', '../run_1', '*'] as RunId[]) {
      await expect(within(() => ports.artifacts.get(runId, put))).rejects.toThrow(PermissionDenied)
      await expect(within(() => ports.artifacts.put(runId, 'x'))).rejects.toThrow(PermissionDenied)
    }
  })

  const ask = (modelId: string, turn = 1) =>
    within(() => {
      const request = { modelId, system: '', messages: [], tools: [], maxTokens: 10, toolChoice: 'auto' }
      const options = { signal: new AbortController().signal, timeoutMs: 1, agent: 'clerk', stepId: 'write', turn }
      return ports.model.call(request as ModelRequest, options)
    })

  it('are the models that it names, and the model behind a profile', async () => {
    expect((await ask('a.large-v1:0')).modelId).toBe('a.large-v1:0')
    expect((await ask('us.b.small-v1:0', 2)).modelId).toBe('us.b.small-v1:0')
    for (const other of ['b.small-v1:0', 'a.large-v1:00', '*', 'eu.b.small-v1:0']) {
      await expect(ask(other)).rejects.toThrow(ModelAccessDenied)
    }
    expect(model.calls.length).toBe(2)
  })

  it('are the secrets of its tools, but for those of a tool with a role of its own', async () => {
    expect(await within(async () => ports.readSecret?.('desk'))).toBe('value of desk')
    for (const other of ['post', 'cabinet', 'desk2', 'des', '*']) {
      await expect(within(async () => ports.readSecret?.(other))).rejects.toThrow(PermissionDenied)
    }
  })
})

describe('a denial', () => {
  it('says who asked for what and what to do, and is kept until it is written down', async () => {
    const [told, again] = await within(async () => {
      await ports.records.get(key('RUN#run_2')).catch(() => undefined)
      return [ports.takeDenials(), ports.takeDenials()]
    })

    expect(told).toEqual([
      expect.objectContaining({
        name: 'PermissionDenied',
        action: 'dynamodb:GetItem',
        resource: 'arn:aws:dynamodb:local:000000000000:table/records',
        message: expect.stringMatching(
          /is denied: agent clerk, step write of run run_1, asked for RUN#run_2; no statement allows/,
        ),
        next: expect.stringContaining('baton permissions clerk'),
      }),
    ])
    expect(again).toEqual([])
  })

  it('is kept a bounded number of times, whatever is tried', async () => {
    const told = await within(async () => {
      for (let n = 0; n < 1_000; n += 1) await ports.records.get(key(`RUN#${n}`)).catch(() => undefined)
      return ports.takeDenials()
    })
    expect(told.length).toBe(16)
  })
})
