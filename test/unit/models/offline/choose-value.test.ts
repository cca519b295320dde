import { expect, it } from 'vitest'
import { chooseValue } from '../../../../src/models/offline/choose-value.ts'

const desks = ['general', 'billing']
const otherwise = 'Choose billing for money, charges and refunds, otherwise general.'
const charged = 'I was charged twice and want my money back'
const opening = 'How long are you open on Sundays?'

it.each([
  ['with a default', otherwise],
  [
    'each followed by what it is for',
    'Use general for questions on how long we are open and billing for money or charges.',
  ],
  ['each after what it is for', 'For how long we are open choose general, and for money choose billing.'],
  ['as a list', '- billing: money, charges\n- general: anything else'],
  ['in other letter case', 'BILLING is about money. By default it is General.'],
])('chooses a value by what is said of it: %s', (_, instructions) => {
  expect(chooseValue(desks, instructions, charged)).toMatchObject({ value: 'billing', score: expect.any(Number) })
  expect(chooseValue(desks, instructions, opening)).toMatchObject({ value: 'general' })
})

it('takes the value that most of the task speaks for', () => {
  const instructions = 'Choose account for logins and charges. Choose billing for charges and money.'
  expect(chooseValue(['account', 'billing'], instructions, charged)).toEqual({ value: 'billing', score: 2 })
})

it('takes the default, else the first, of values that as much speaks for', () => {
  const same = 'Choose first for money. Choose second for money, and if in doubt.'
  expect(chooseValue(['first', 'second'], same, charged)?.value).toBe('second')
  expect(chooseValue(['second', 'first'], 'first: money\nsecond: money', charged)?.value).toBe('second')
})

it('knows a value of several words, and no part of a longer one', () => {
  const values = ['scope', 'out_of_scope']
  expect(chooseValue(values, 'Out of scope: money.', charged)?.value).toBe('out_of_scope')
  expect(chooseValue(['general', 'billing'], 'A general-purpose desk for money.', charged)).toBeUndefined()
})

it('does not guess where nothing tells the values apart', () => {
  expect(chooseValue(desks, 'Send each ticket to the right desk.', charged)).toBeUndefined()
  expect(chooseValue(['', '?', '('], 'For money (', charged)).toBeUndefined()
})
