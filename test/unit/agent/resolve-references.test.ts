import { expect, it } from 'vitest'
import * as z from 'zod'
import type { Json } from '../../../src/schema/json.ts'
import { bench, runId, testAgent } from './harness.ts'

const anything = testAgent({ input: z.object({ parts: z.array(z.string()), note: z.string() }), tools: [] })

it('gives a large output as an artifact, with the fields that are read beside it', async () => {
  const output = z.object({ title: z.string(), text: z.string() })
  const long = { title: 'Short', text: 'x'.repeat(50_000) }
  const step = bench({ solver: [{ submit: long }] }, testAgent({ output }))
  const result = await step.run({}, { inlineFields: ['title'] })
  expect(result).toMatchObject({
    status: 'completed',
    output: {
      $ref: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      bytes: JSON.stringify(long).length,
      title: 'Short',
    },
  })
  const { output: reference } = result as unknown as { output: { $ref: `sha256:${string}` } }
  expect(await step.artifacts.get(runId, reference)).toEqual(long)
})

it('reads artifacts in its input, wherever they stand', async () => {
  let asked: Json | undefined
  const step = bench(
    {
      solver: ({ messages }) => {
        const last = messages[0]?.content.at(-1)
        asked = last?.type === 'text' ? JSON.parse(last.text) : undefined
        return { submit: { answer: 'ok' } }
      },
    },
    anything,
  )
  const parts = await step.artifacts.put(runId, ['a', 'b'])
  await step.run({}, { input: { parts, note: 'n' } as Json })
  expect(asked).toEqual({ parts: ['a', 'b'], note: 'n' })
})

it('leaves what looks like a reference within an artifact as it is', async () => {
  const step = bench({ solver: [{ submit: { answer: 'ok' } }] }, anything)
  const secret = await step.artifacts.put(runId, 'secret')
  const parts = await step.artifacts.put(runId, [{ ...secret }] as Json)
  const result = await step.run({}, { input: { parts, note: 'n' } as Json })
  expect(result).toMatchObject({ cause: 'inputRejected' })
})

it('refuses an input that is too deep or refers to too much', async () => {
  const step = bench({ solver: [{ text: 'x' }] }, anything)
  const part = await step.artifacts.put(runId, 'x')
  let deep: Json = part as Json
  for (let depth = 0; depth < 80; depth += 1) deep = { deep }
  expect(await step.run({}, { input: deep })).toMatchObject({
    cause: 'inputRejected',
    reason: expect.stringContaining('deeper'),
  })
  const heavy = { ...part, bytes: 1e9 } as Json
  const other = bench({ solver: [{ text: 'x' }] }, anything)
  expect(await other.run({}, { input: heavy })).toMatchObject({
    cause: 'inputRejected',
    reason: expect.stringContaining('bytes'),
  })
})

it('fails by name where an artifact is missing', async () => {
  const step = bench({ solver: [{ text: 'x' }] }, anything)
  const missing = { $ref: `sha256:${'0'.repeat(64)}`, bytes: 1 }
  await expect(step.run({}, { input: missing })).rejects.toMatchObject({ name: 'NotFound' })
})
