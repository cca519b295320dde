/** One of the processes of `simultaneousStarts`: a host of its own on the data folder that all share. */
import type { Run, StartRun } from '../../src/schema/run.ts'
import { benchModel, inputOf, inSequence } from '../team.ts'
import { counted, hostHere } from './host-here.ts'
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
const { model, calls } = counted(benchModel())
const { host, close } = hostHere(folder, inSequence(1), model)
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
  modelCalls: calls(),
} satisfies Started)
await close()
