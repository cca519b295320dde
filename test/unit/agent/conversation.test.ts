import { expect, it } from 'vitest'
import { Conversation } from '../../../src/agent/conversation.ts'
import type { Message } from '../../../src/schema/message.ts'
import { sha256 } from '../../../src/schema/sha256.ts'

const base = { tokens: 10, sha256: sha256('system and tools') }
const said = (text: string): Message => ({ role: 'user', content: [{ type: 'text', text }] })

function made(...texts: string[]): Conversation {
  const conversation = new Conversation(base)
  for (const text of texts) conversation.push(said(text))
  return conversation
}

it('hashes what is said now, however it came to be', () => {
  const replaced = made('a', 'long', 'c')
  replaced.replace(1, said('b'))
  replaced.push(said('d'))
  expect(replaced.sha256).toBe(made('a', 'b', 'c', 'd').sha256)
  expect(replaced.tokens).toBe(made('a', 'b', 'c', 'd').tokens)
  expect(made('a', 'b').sha256).not.toBe(made('b', 'a').sha256)
})

it('estimates about four characters a token', () => {
  const text = 'x'.repeat(4_000)
  expect(made(text).tokens).toBeGreaterThan(1_000)
  expect(made(text).tokens).toBeLessThan(1_050)
})
