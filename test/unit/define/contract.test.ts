import { expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { underContract } from '../../../src/define/contract.ts'
import { AgentName } from '../../../src/schema/ids.ts'

/** Its own schema takes any object. */
const open = defineAgent({
  name: 'open',
  version: '1.0.0',
  role: 'Clerk',
  goal: 'To help.',
  instructions: 'Help.',
  model: { id: 'any' },
  input: z.unknown(),
  output: z.looseObject({}),
})
const to = (name: string, message = 'yours', reason = 'no') => ({ handoff: { to: name, message, reason } })
const takes = (names: readonly string[], output: unknown) =>
  underContract(open, { kind: 'handoff', to: names.map((name) => AgentName.parse(name)) }).output.safeParse(output)
    .success

it('passes a task on to those named alone, however open the own schema of an agent is', () => {
  expect(takes(['tech'], to('tech'))).toBe(true)
  expect(takes(['tech'], { answer: 'x' })).toBe(true)
  expect(takes(['tech'], to('boss'))).toBe(false)
  expect(takes(['tech'], { ...to('tech'), more: 1 })).toBe(false)
  expect(takes(['tech'], { handoff: null })).toBe(false)
  expect(takes([], to('tech'))).toBe(false)
  expect(takes([], { answer: 'x' })).toBe(true)
})

it('takes no own output for a failure', () => {
  expect(takes(['tech'], { stopped: { reason: 'none' } })).toBe(false)
})

it('bounds what is said in bytes too, as it travels within states', () => {
  expect(takes(['tech'], to('tech', 'm'.repeat(4_000)))).toBe(true)
  expect(takes(['tech'], to('tech', '\u65e5'.repeat(4_000)))).toBe(false)
  expect(takes(['tech'], to('tech', 'm', '\u0001'.repeat(500)))).toBe(false)
  const { output } = underContract(open, { kind: 'speak' })
  expect(output.safeParse({ message: 'm'.repeat(2_000), agrees: true }).success).toBe(true)
  expect(output.safeParse({ message: '\u0001'.repeat(2_000), agrees: true }).success).toBe(false)
})
