import { describe, expect, it } from 'vitest'
import { agentEnvironment, controlEnvironment, parseEnvironment, toolEnvironment } from '../../src/config.ts'
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

describe('the environments of functions', () => {
  const stores = { BATON_RECORDS_TABLE: 'r', BATON_JOURNAL_TABLE: 'j', BATON_ARTIFACTS_BUCKET: 'b' }
  const version = 'arn:aws:lambda:us-east-1:1:function:f:1'
  const lambda = { AWS_REGION: 'eu-west-1' }

  it('takes what the constructs set', () => {
    const set = {
      ...stores,
      ...lambda,
      BATON_AGENT: 'planner',
      BATON_TOOL_FUNCTIONS: JSON.stringify({ search: version }),
    }
    const expected = { BATON_AGENT: 'planner', BATON_MODEL: 'bedrock', BATON_TOOL_FUNCTIONS: { search: version } }
    expect(agentEnvironment({ ...set, PATH: '/' })).toEqual({ ...stores, ...lambda, ...expected })
    expect(controlEnvironment(stores)).toEqual({ ...stores, BATON_MODEL: 'bedrock' })
  })

  it.each([
    ['BATON_AGENT', undefined, 'is missing'],
    ['AWS_REGION', undefined, 'is missing'],
    ['BATON_AGENT', '', 'is "": '],
    ['BATON_JOURNAL_TABLE', undefined, 'is missing'],
    ['BATON_RUN_ROLE_ARN', 'role', 'is "role": an ARN is expected'],
    ['BATON_TOOL_FUNCTIONS', '{', 'is "{": no JSON'],
    ['BATON_TOOL_FUNCTIONS', '{"a":1}', 'is "{\\"a\\":1}": '],
    ['BATON_LOG_CONTENT', 'yes', 'is "yes": '],
    ['BATON_LOG_LEVEL', 'loud', 'is "loud": '],
  ])('names %s where it is %j', (variable, value, message) => {
    const parse = () => agentEnvironment({ ...stores, ...lambda, BATON_AGENT: 'planner', [variable]: value })
    expect(parse).toThrow(InvalidRequest)
    expect(parse).toThrow(`The environment variable ${variable} ${message}`)
  })

  it('names what a tool function lacks', () => {
    expect(() => toolEnvironment({})).toThrow('BATON_TOOL is missing')
  })
})
