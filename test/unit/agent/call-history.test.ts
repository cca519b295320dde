import { describe, expect, it } from 'vitest'
import { CallHistory } from '../../../src/agent/call-history.ts'

function after(calls: readonly string[]): CallHistory {
  const history = new CallHistory()
  for (const call of calls) {
    const [name = '', result = ''] = call.split('=')
    history.add(name, result)
  }
  return history
}

describe('one more call of a', () => {
  it.each([
    ['the first', [], false],
    ['the second', ['a=1'], false],
    ['the third that gave the same', ['a=1', 'a=1'], true],
    ['the fourth', ['a=1', 'a=1', 'a=1'], true],
    ['of a resource that changes', ['a=1', 'a=2', 'a=3'], false],
    ['of one that has stopped changing', ['a=1', 'a=2', 'a=2'], true],
    ['of one that changes to and fro', ['a=1', 'a=2', 'a=1', 'a=2'], false],
    ['after something new in between', ['a=1', 'b=1', 'a=1'], false],
    ['after something new since', ['a=1', 'a=1', 'b=1'], false],
    ['after nothing new in between', ['b=1', 'a=1', 'b=1', 'a=1'], true],
    ['in turns with others, again and again', ['a=1', 'b=1', 'a=1', 'b=1', 'a=1'], true],
    ['after each correction of something else', ['a=1', 'b=1', 'a=1', 'b=2', 'a=1', 'b=3'], false],
    ['where another call went in vain', ['b=1', 'b=1', 'a=1'], false],
  ])('is in vain or not: %s', (_, calls, isInVain) => {
    expect(after(calls).isInVain('a')).toBe(isInVain)
  })
})

it('is a loop once the same call was denied in two turns, however often in one', () => {
  const history = after(['a=1', 'a=1', 'b=1', 'b=1'])
  history.deny('a', 3)
  history.deny('a', 3)
  history.deny('b', 4)
  expect(history.isLoop).toBe(false)
  history.deny('a', 5)
  expect(history.isLoop).toBe(true)
  history.clear()
  expect([history.isLoop, history.isInVain('a')]).toEqual([false, false])
})
