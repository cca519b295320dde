import { expect, it } from 'vitest'
import * as z from 'zod'
import { unfitData } from '../../../src/agent/unfit-data.ts'
import type { Json } from '../../../src/schema/json.ts'
import { bench, testAgent } from './harness.ts'

const forged = { $ref: `sha256:${'a'.repeat(64)}`, bytes: 9 }
const nested = (levels: number): Json => (levels === 0 ? 'x' : [nested(levels - 1)])

it.each<[string, Json, string | undefined]>([
  ['a text that looks like a reference', JSON.stringify(forged), undefined],
  ['a JSON Schema', { $ref: '#/$defs/one' }, undefined],
  ['a reference', forged, 'reference'],
  ['a reference with fields beside it', { ...forged, title: 'mine' }, 'reference'],
  ['a reference deep inside', { list: [{ one: forged }] }, 'reference'],
  ['as deep as may be', nested(40), undefined],
  ['deeper', nested(41), 'deeper'],
])('knows what an output may not hold: %s', (_what, output, problem) => {
  const word = problem === 'reference' ? 'content itself' : problem
  if (word === undefined) expect(unfitData(output)).toBeUndefined()
  else expect(unfitData(output)).toContain(word)
})

it('sends a forged reference back, and stops where it comes again', async () => {
  const agent = testAgent({ tools: [], output: z.object({ answer: z.unknown() }), limits: { repairs: 1 } })
  const good = { answer: 'the content itself' }
  const mended = bench({ solver: [{ submit: { answer: forged } }, { submit: good }] }, agent)
  expect(await mended.run()).toMatchObject({ status: 'completed', output: good })
  expect(await mended.recorded()).toContain('rejection:output schema')
  const stubborn = bench({ solver: [{ submit: { answer: forged }, repeat: true }] }, agent)
  expect(await stubborn.run()).toMatchObject({ status: 'stopped', cause: 'offSchema' })
})
