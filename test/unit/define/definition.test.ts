import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { contentHash, freeze, parseDefinition } from '../../../src/define/definition.ts'
import { faultsOf } from './faults.ts'

describe('contentHash', () => {
  it('is of the content, not of the order of its keys', () => {
    expect(contentHash({ a: 1, b: [true, null] })).toBe(contentHash({ b: [true, null], a: 1 }))
    expect(contentHash({ a: [1, 2] })).not.toBe(contentHash({ a: [2, 1] }))
  })

  it('leaves functions and undefined fields out', () => {
    expect(contentHash({ a: 1, b: undefined, run: () => 1 })).toBe(contentHash({ a: 1 }))
  })
})

describe('freeze', () => {
  it('goes all the way down, but not into what others made', () => {
    const schema = z.string()
    const frozen = freeze({ list: [{ deep: 1 }], schema })

    expect(Object.isFrozen(frozen.list[0])).toBe(true)
    expect(Object.isFrozen(schema)).toBe(false)
  })
})

describe('parseDefinition', () => {
  it('gathers the faults of value, schemas and functions', () => {
    const parts = { schemas: { input: 1 }, functions: { run: undefined } }

    const faults = faultsOf(() => parseDefinition('thing', z.strictObject({ size: z.number() }), { size: '1' }, parts))

    expect(faults.map(({ path }) => path)).toEqual(['size', 'input', 'run'])
  })
})
