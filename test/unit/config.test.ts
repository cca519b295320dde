import { describe, expect, it } from 'vitest'
import { parseEnvironment } from '../../src/config.ts'
import { InvalidRequest } from '../../src/errors.ts'

describe('parseEnvironment', () => {
  it('takes what is meant for it and leaves the rest', () => {
    expect(parseEnvironment({ BATON_SYNCHRONOUS: 'FULL', HOME: '/' })).toEqual({ BATON_SYNCHRONOUS: 'FULL' })
  })

  it('names the variable, its value and what it may be', () => {
    const parse = () => parseEnvironment({ BATON_SYNCHRONOUS: 'foo' })
    expect(parse).toThrow(InvalidRequest)
    expect(parse).toThrow(/BATON_SYNCHRONOUS is "foo".*NORMAL.*FULL/)
  })
})
