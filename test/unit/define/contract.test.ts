import { expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { underContract } from '../../../src/define/contract.ts'
import { AgentName } from '../../../src/schema/ids.ts'

const common = { version: '1.0.0', role: 'Clerk', goal: 'To help.', instructions: 'Help.', model: { id: 'any' } }
/** Its own schema takes anything. */
const open = defineAgent({ ...common, name: 'open', input: z.unknown(), output: z.unknown() })
const to = (name: string, message = 'yours', reason = 'no') => ({ handoff: { to: name, message, reason } })
const named = (names: readonly string[]) => names.map((name) => AgentName.parse(name))
const handoff = (names: readonly string[]) => ({ kind: 'handoff' as const, to: named(names) })
const takes = (names: readonly string[], output: unknown) =>
  underContract(open, handoff(names)).output.safeParse(output).success

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

it('takes no list for a hand-off or a failure, though an expression reads a field of its items', () => {
  for (const names of [['tech'], []]) {
    expect(takes(names, [to('boss')])).toBe(false)
    expect(takes(names, ['x', [[to('tech')]]])).toBe(false)
    expect(takes(names, [{ stopped: { reason: 'none' } }])).toBe(false)
    expect(takes(names, [{ answer: to('boss') }, [1]])).toBe(true)
  }
  const lists = Array.from({ length: 50_000 }).reduce<unknown>((inner) => [inner], to('boss'))
  expect(takes(['tech'], lists)).toBe(false)
})

it('says what is wrong with a hand-off, or with an own output', () => {
  const output = z.strictObject({ answer: z.string() })
  const strict = defineAgent({ ...common, name: 'strict', input: z.unknown(), output })
  const faultOf = (output: unknown) =>
    underContract(strict, handoff(['tech', 'billing'])).output.safeParse(output).error?.issues[0]?.message
  expect(faultOf(to('boss'))).toMatch(/^handoff\.to: .*"tech"\|"billing"/)
  expect(faultOf(to('strict'))).toMatch(/^handoff\.to: /)
  expect(faultOf({ answer: 1 })).toMatch(/^answer: .*expected string/)
  expect(faultOf('x')).toMatch(/expected object/)
})

it('gives the floor to speakers alone', () => {
  const { output, tools } = underContract(open, { kind: 'moderate', speakers: named(['ann', 'bob']) })
  const gives = (next: unknown) => output.safeParse({ next, reason: 'so' }).success
  expect(['ann', null, 'nobody', 'open', '', ['ann'], undefined].map(gives)).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
    false,
  ])
  expect(tools).toEqual([])
})

it('bounds what is said in bytes too, as it travels within states', () => {
  expect(takes(['tech'], to('tech', 'm'.repeat(4_000)))).toBe(true)
  expect(takes(['tech'], to('tech', '\u65e5'.repeat(4_000)))).toBe(false)
  expect(takes(['tech'], to('tech', 'm', '\u0001'.repeat(500)))).toBe(false)
  const { output } = underContract(open, { kind: 'speak' })
  expect(output.safeParse({ message: 'm'.repeat(2_000), agrees: true }).success).toBe(true)
  expect(output.safeParse({ message: '\u0001'.repeat(2_000), agrees: true }).success).toBe(false)
})
