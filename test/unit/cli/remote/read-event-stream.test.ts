import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readEventStream, type StreamMessage } from '../../../../src/cli/remote/read-event-stream.ts'

/** @param cuts Where the bytes are cut into chunks. */
async function read(text: string, cuts: readonly number[] = []) {
  const bytes = new TextEncoder().encode(text)
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b)
  const chunks = [0, ...ends].map((from, i) => bytes.slice(from, ends[i] ?? bytes.length))
  const messages: StreamMessage[] = []
  const retries: number[] = []
  let signs = 0
  const listener = { onRetry: (ms: number) => void retries.push(ms), onSignOfLife: () => void signs++ }
  for await (const message of readEventStream(ReadableStream.from(chunks), listener)) messages.push(message)
  return { messages, retries, signs }
}

const STREAM = [
  '\uFEFFretry: 1500\n',
  ': a comment\n\n',
  'id: 1\ndata: one\n\n',
  'event: problem\r\ndata: two\r\ndata:  lines – ünïcode 🙂\r\n\r\n',
  'id\ndata\ndata\n\n',
  'id: 2\rdata: old: Mac\r\r',
  'id: a\0b\ndata:x\nunknown: y\nretry: soon\n\n',
  'data: cut off',
].join('')

const MESSAGES = [
  { event: 'message', data: 'one', id: '1' },
  { event: 'problem', data: 'two\n lines – ünïcode 🙂', id: '1' },
  { event: 'message', data: '\n', id: '' },
  { event: 'message', data: 'old: Mac', id: '2' },
  { event: 'message', data: 'x', id: '2' },
]

describe('readEventStream', () => {
  it('reads the format, whole messages only', async () => {
    expect(await read(STREAM)).toEqual({ messages: MESSAGES, retries: [1_500], signs: 1 })
  })

  it('reads the same wherever the bytes are cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat({ max: 400 }), { maxLength: 40 }), async (cuts) => {
        const { messages, retries } = await read(STREAM, cuts)
        expect({ messages, retries }).toEqual({ messages: MESSAGES, retries: [1_500] })
      }),
    )
  })

  it('takes no message without end', async () => {
    const endless = { name: 'EndpointUnknown' }
    await expect(read(`data: ${'x'.repeat(5_000_000)}`)).rejects.toMatchObject(endless)
    await expect(read('data: some words\n'.repeat(400_000))).rejects.toMatchObject(endless)
  })
})
