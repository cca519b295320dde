import { expect, it } from 'vitest'
import { sealHandler } from '../../../functions/seal.ts'
import { canonicalJson } from '../../../src/audit/canonical.ts'
import { itemChanges } from '../../../src/records/dynamodb-stream.ts'
import type { SealedChanges } from '../../../src/records/seal-changes.ts'
import type { Json } from '../../../src/schema/json.ts'
import { lambdaContext, team } from './support/team.ts'

const binary = (value: Json) => ({ B: Buffer.from(canonicalJson(value)).toString('base64') })
const image = (body: Json) => ({
  pk: { S: 'RUN#run-1#report' },
  sk: { S: '000001#000000' },
  r: binary({ e: 's' }),
  b: body,
})

it('reads what Lambda gives of the stream: binary is base64, and a removed item is told as it was', () => {
  const Records = [
    { eventName: 'INSERT', dynamodb: { NewImage: image({ S: 'hello' }), SequenceNumber: '1' } },
    {
      eventName: 'MODIFY',
      dynamodb: { NewImage: image({ N: '2' }), OldImage: image({ NULL: true }), SequenceNumber: '2' },
    },
    { eventName: 'REMOVE', dynamodb: { OldImage: image({ BOOL: false }), SequenceNumber: '3' } },
  ]
  const item = (b: Json) => ({ partition: 'RUN#run-1#report', sort: '000001#000000', attributes: { r: { e: 's' }, b } })
  expect(itemChanges({ Records })).toEqual([
    { kind: 'INSERT', item: item('hello'), event: '1' },
    { kind: 'MODIFY', item: item(2), old: item(null), event: '2' },
    { kind: 'REMOVE', item: item(false), event: '3' },
  ])
})

it('gives the key of what no adapter of ours wrote', () => {
  const strange = { ...image({ S: 'x' }), planted: { SS: ['a'] } }
  const damaged = { ...image({ S: 'x' }), r: { B: Buffer.from('no JSON').toString('base64') } }
  const Records = [
    { eventName: 'MODIFY', dynamodb: { NewImage: strange, OldImage: image({ S: 'x' }), SequenceNumber: '1' } },
    { eventName: 'INSERT', dynamodb: { NewImage: damaged, SequenceNumber: '2' } },
  ]
  const item = { partition: 'RUN#run-1#report', sort: '000001#000000', attributes: {} }
  expect(itemChanges({ Records })).toMatchObject([
    { kind: 'MODIFY', item, old: { attributes: { b: 'x' } } },
    { kind: 'INSERT', item },
  ])
})

it.each([
  [{}, 'Records'],
  [{ Records: [{ eventName: 'INSERT', dynamodb: { SequenceNumber: '1' } }] }, 'without its image'],
])('refuses an event that is none of a stream: %j', (event, why) => {
  expect(() => itemChanges(event)).toThrow(why)
})

it('tells of each fault once it stands in a seal, and of what belongs to no run', async () => {
  const told: unknown[] = []
  const faulty = { runId: 'run-1', faults: ['row 1 was removed'] }
  const handler = sealHandler({ team }, () => ({
    seal: async (event) =>
      ({ seals: [{ runId: 'run-0' }, faulty], strays: [`stray of ${event}`] }) as unknown as SealedChanges,
    telemetry: {
      operation: () => ({ ofRun() {}, onRow() {}, onRunEnd() {}, finish: (end) => void told.push(['finish', end]) }),
      auditFault: (what, runId) => void told.push([what, runId]),
    },
  }))
  expect(await handler('batch', lambdaContext())).toEqual({ seals: 2, faults: 2 })
  expect(told).toEqual([
    ['row 1 was removed', 'run-1'],
    ['stray of batch', undefined],
    ['finish', {}],
  ])
})
