/** One of the processes of `simultaneousStarts`: a host of its own on the data folder that all share. */
import { newRunId } from '../../src/cli/run-id.ts'
import { systemClock } from '../../src/clock.ts'
import { openHost } from '../../src/engine/host.ts'
import { thisProcess } from '../../src/engine/host-owner.ts'
import { openStores } from '../../src/engine/host-stores.ts'
import { createPrices } from '../../src/models/prices.ts'
import type { Run, StartRun } from '../../src/schema/run.ts'
import { benchModel, inputOf, inSequence } from '../team.ts'
import { answer, begun } from './in-processes.ts'

export interface StartsOrder {
  readonly folder: string
  readonly starts: number
  readonly key: string
}

export interface Started {
  readonly runIds: readonly string[]
  readonly isNew: number
  readonly refused: readonly string[]
  readonly modelCalls: number
}

const { folder, starts, key } = await begun<StartsOrder>()

const stores = openStores({ folder, synchronous: 'NORMAL', clock: systemClock })
const model = benchModel()
let modelCalls = 0
const host = openHost({
  stores,
  team: inSequence(1),
  model: {
    ...model,
    call(request, options) {
      modelCalls += 1
      return model.call(request, options)
    },
  },
  priceOf: createPrices('none', () => undefined).priceOf,
  clock: systemClock,
  random: Math.random,
  newRunId,
  owner: thisProcess(),
})
const request: StartRun = {
  workflow: 'in-sequence' as Run['workflow'],
  input: inputOf(1),
  settings: {},
  idempotencyKey: key,
}

const told = await Promise.allSettled(Array.from({ length: starts }, () => host.start(request)))
const begunHere = told.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
await Promise.all(begunHere.map(({ ended }) => ended))
answer({
  runIds: begunHere.map(({ run }) => run.runId),
  isNew: begunHere.filter(({ isNew }) => isNew).length,
  refused: told.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : [])),
  modelCalls,
} satisfies Started)
await host.release()
stores.close()
