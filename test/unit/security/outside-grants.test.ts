/** A hijacked model asks for what its agent was not granted: it does not run, and the record says that it was asked for. */
import { describe, expect, it } from 'vitest'
import type { Json } from '../../../src/schema/json.ts'
import { hijacked } from './support/hijacked.ts'

const word = { word: 'x' }

describe('a tool that the agent was not given', () => {
  it.each([
    ['of a colleague', 'wire'],
    ['of another team', 'deleteEverything'],
    ['a verb of the API', 'approve'],
    ['the answer to a waiting state', 'states:SendTaskSuccess'],
    ['a scan of the table', 'dynamodb:Scan'],
    ['a role by its ARN', 'arn:aws:iam::123456789012:role/Admin'],
    ['a wildcard', '*'],
    ['a path', '../wire'],
    ['a built-in of others', 'send_message'],
    ['another built-in of others', 'update_state'],
    ['a property of every object', '__proto__'],
    ['a method of every object', 'constructor'],
    ['its own in capitals', 'LOOKUP'],
    ['its own with a space', 'lookUp '],
    ['its own in Cyrillic letters', 'lооkUp'],
    ['its own with a zero-width space', 'look\u200bUp'],
    ['its own in full width', 'ｌｏｏｋＵｐ'],
    ['its own turned around', '\u202epUkool'],
    ['its own with half a character', 'lookUp\ud800'],
    ['a name without end', 'lookUp'.repeat(10_000)],
  ])('%s does not run', async (_, name) => {
    const { ran, calls, status } = await hijacked({ turns: [[{ name, input: word }]] })
    expect(ran).toEqual([])
    expect(calls).toEqual([expect.stringMatching(/ denied unknownTool$/su)])
    expect(status).toBe('succeeded')
  })
})

describe('arguments outside the schema', () => {
  it.each<[string, Json]>([
    ['a field more, of another run', { ...word, runId: 'run-2' }],
    ['a field more, an approval', { ...word, approval: `a-${'0'.repeat(32)}`, approved: true }],
    ['a task token', { ...word, taskToken: 'AQCEAAAAKgAAAAMAAAAA' }],
    ['an object for a text', { word: { $ref: `sha256:${'a'.repeat(64)}`, bytes: 3 } }],
    ['syntax of a state machine for a text', { word: { 'States.Format': '{}', Type: 'Task' } }],
    ['a list', [word]],
    ['nothing', {}],
    ['null', null],
  ])('%s: the call does not run', async (_, input) => {
    const turns = ['lookUp', 'pay'].map((name) => [{ name, input }])
    const { ran, calls } = await hijacked({ turns })
    expect(ran).toEqual([])
    expect(calls).toEqual(['lookUp denied argumentsOffSchema', 'pay denied argumentsOffSchema'])
  })

  it('are not made up for by a prototype', async () => {
    const input = JSON.parse('{"__proto__":{"word":"x"}}') as Json
    const { ran, calls } = await hijacked({ turns: [[{ name: 'lookUp', input }]] })
    expect([ran, calls]).toEqual([[], ['lookUp denied argumentsOffSchema']])
    expect(({} as Record<string, unknown>)['word']).toBeUndefined()
  })
})

it('stops an agent that goes on and on', async () => {
  const turns = Array.from({ length: 100 }, (_, n) => [{ name: 'wire', input: { word: String(n) } }])
  const { ran, rows, status } = await hijacked({ turns })
  expect([ran, status]).toEqual([[], 'failed'])
  expect(rows.findLast(({ event }) => event === 'outcome')).toMatchObject({ stepId: 'first', status: 'turnLimit' })
})
