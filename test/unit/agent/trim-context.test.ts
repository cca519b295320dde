import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { Conversation } from '../../../src/agent/conversation.ts'
import { TRIMMED_RESULT, trimContext } from '../../../src/agent/trim-context.ts'
import { defineTool } from '../../../src/define/tool.ts'
import type { ModelRequest } from '../../../src/schema/model-call.ts'
import { sha256 } from '../../../src/schema/sha256.ts'
import { bench, testAgent } from './harness.ts'

function conversation(results: readonly string[]): Conversation {
  const made = new Conversation({ tokens: 100, sha256: sha256('') })
  made.push({ role: 'user', content: [{ type: 'text', text: 'the task '.repeat(50) }] })
  for (const [index, content] of results.entries()) {
    const id = `use-${index}`
    made.push({ role: 'assistant', content: [{ type: 'toolUse', id, name: 'read', input: {} }] })
    made.push({ role: 'user', content: [{ type: 'toolResult', toolUseId: id, status: 'ok', content }] })
  }
  return made
}

const resultsOf = (made: Conversation) =>
  made.messages.flatMap(({ content }) =>
    content.flatMap((block) => (block.type === 'toolResult' ? [block.content] : [])),
  )

describe('trimContext', () => {
  it('leaves alone what fits', () => {
    const made = conversation(['a'.repeat(400)])
    expect(trimContext(made, 10_000)).toBe(0)
    expect(resultsOf(made)).toEqual(['a'.repeat(400)])
  })

  it('removes the oldest results first, and no more than it must', () => {
    const made = conversation(['a', 'b', 'c'].map((letter) => letter.repeat(4_000)))
    expect(trimContext(made, 2_500)).toBe(1)
    expect(resultsOf(made).map((text) => String(text).slice(0, 8))).toEqual([
      TRIMMED_RESULT.slice(0, 8),
      'bbbbbbbb',
      'cccccccc',
    ])
    expect(made.tokens).toBeLessThanOrEqual(2_500)
  })

  it('keeps the beginning of the newest results', () => {
    const made = conversation(['a'.repeat(4_000), 'b'.repeat(40_000)])
    expect(trimContext(made, 2_000)).toBe(2)
    expect(resultsOf(made)[1]).toMatch(/^b{2000,} \[removed/)
    expect(made.tokens).toBeLessThanOrEqual(2_000)
  })

  it('keeps the task and every pairing', () => {
    const made = conversation(['a'.repeat(4_000), 'b'.repeat(4_000)])
    trimContext(made, 10)
    expect(made.messages[0]?.content[0]).toMatchObject({ text: 'the task '.repeat(50) })
    expect(made.messages.map(({ content }) => content[0]?.type)).toEqual([
      'text',
      'toolUse',
      'toolResult',
      'toolUse',
      'toolResult',
    ])
  })
})

it('trims in a step, records it and goes on', async () => {
  const read = defineTool({
    name: 'read',
    description: 'Reads a page.',
    input: z.object({ page: z.number() }),
    output: z.string(),
    run: async ({ page }) => `page ${page} `.repeat(1_000),
  })
  const sizes: number[] = []
  const page = (_: ModelRequest, { turn }: { turn: number }) => {
    sizes.push(JSON.stringify(_.messages).length)
    return turn < 5 ? { toolUses: [{ name: 'read', input: { page: turn } }] } : { submit: { answer: 'read' } }
  }
  const step = bench({ solver: page }, testAgent({ tools: [read], limits: { contextTokens: 5_000 } }))
  expect(await step.run()).toMatchObject({ status: 'completed' })
  expect(await step.recorded()).toContain('decision:contextTokens')
  expect(Math.max(...sizes)).toBeLessThan(20_000)
})

it('stops where even the task does not fit', async () => {
  const step = bench({ solver: [{ text: 'x' }] }, testAgent({ limits: { contextTokens: 1_000 } }))
  const result = await step.run({}, { input: { question: 'long '.repeat(2_000) } })
  expect(result).toMatchObject({ cause: 'tokenLimit', reason: expect.stringContaining('contextTokens') })
})
