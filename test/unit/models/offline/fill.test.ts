import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { outputTool } from '../../../../src/agent/output-tool.ts'
import { createOfflineModel } from '../../../../src/models/offline/offline.ts'
import type { Json, JsonObject } from '../../../../src/schema/json.ts'
import type { ModelRequest } from '../../../../src/schema/model-call.ts'

const model = createOfflineModel()
const options = { signal: new AbortController().signal, timeoutMs: 1_000, agent: 'a', stepId: 's', turn: 1 }

async function submit(schema: z.ZodType, input: Json): Promise<unknown> {
  const outputSchema = z.toJSONSchema(schema, { io: 'input' }) as JsonObject
  const { spec, unwrap } = outputTool({ outputSchema })
  const request: ModelRequest = {
    modelId: 'any',
    system: 'You are: a test',
    messages: [{ role: 'user', content: [{ type: 'text', text: JSON.stringify(input) }] }],
    tools: [spec],
    toolChoice: 'auto',
    maxTokens: 1_000,
  }
  const { content } = await model.call(request, options)
  const [block] = content
  if (block?.type !== 'toolUse') throw new Error('no output was handed in')
  return unwrap(block.input)
}

const names = fc.constantFrom(
  'title',
  'summary',
  'claims',
  'quote',
  'file',
  'startLine',
  'number',
  'verdict',
  'confidence',
  'citations',
  'gaps',
  'topics',
  'x',
  'reason',
)
const strings = fc.oneof(
  fc.tuple(fc.nat(12), fc.nat(60)).map(([least, more]) =>
    z
      .string()
      .min(least)
      .max(least + more),
  ),
  fc.constantFrom<z.ZodType>(
    z.email(),
    z.uuid(),
    z.url(),
    z.iso.datetime(),
    z.iso.date(),
    z.ipv4(),
    z.string().regex(/^[A-Z]{3}-\d{4}$/),
    z.string().regex(/^[a-z][a-z0-9_-]{1,20}$/),
    z.string().regex(/^(?:red|green)\.(?<n>\d+)$/),
    z.string().startsWith('arn:'),
  ),
)
const numbers = fc
  .tuple(fc.integer({ min: -50, max: 50 }), fc.nat(40), fc.boolean())
  .map(([low, span, whole]) => (whole ? z.int() : z.number()).min(low).max(low + span))
const leaves = fc.oneof(
  strings,
  numbers,
  fc.constant<z.ZodType>(z.boolean()),
  fc.constant<z.ZodType>(z.null()),
  fc.constant<z.ZodType>(z.literal('fixed')),
  fc.constant<z.ZodType>(z.enum(['supported', 'unsupported'])),
  fc.constant<z.ZodType>(z.enum(['low', 'high'])),
  fc.constant<z.ZodType>(z.json()),
)
const schemas = fc.letrec<{ schema: z.ZodType }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'schema' },
    leaves,
    fc.dictionary(names, tie('schema'), { maxKeys: 5, noNullPrototype: true }).map((shape) => z.strictObject(shape)),
    fc
      .dictionary(names, tie('schema'), { maxKeys: 4, noNullPrototype: true })
      .map((shape) => z.object(shape).partial()),
    fc.tuple(tie('schema'), fc.nat(3), fc.nat(3)).map(([item, least, more]) =>
      z
        .array(item)
        .min(least)
        .max(least + more),
    ),
    fc.tuple(tie('schema'), tie('schema')).map(([a, b]) => z.tuple([a, b])),
    fc.tuple(tie('schema'), tie('schema')).map(([a, b]) => z.union([a, b])),
    tie('schema').map((inner) => z.nullable(inner)),
    tie('schema').map((inner) => z.record(z.string(), inner)),
  ),
})).schema

const finding = {
  claim: 'Grants give permissions.',
  file: 'a.md',
  startLine: 3,
  endLine: 4,
  quote: 'Grants give them.',
}
const inputs = fc.constantFrom<Json>(
  { question: 'How do I grant access, and what does it cost?' },
  {
    question: 'Why?',
    topics: [
      { topic: 'Grants', findings: [{ ...finding, verdict: 'supported' }] },
      { topic: 'Cost', findings: [] },
    ],
  },
  'plain words',
  '',
  [],
  {},
  null,
)

describe('filling an output schema', () => {
  it('fits any schema, whatever the input', async () => {
    await fc.assert(
      fc.asyncProperty(schemas, inputs, async (schema, input) => {
        const parsed = schema.safeParse(await submit(schema, input))
        expect(parsed.error?.issues ?? []).toEqual([])
      }),
      { numRuns: 400 },
    )
  })

  it('fits a recursive schema and discriminated unions', async () => {
    interface Tree {
      readonly name: string
      readonly children: readonly Tree[]
    }
    const tree: z.ZodType<Tree> = z.lazy(() => z.object({ name: z.string().min(1), children: z.array(tree).max(3) }))
    const union = z.discriminatedUnion('kind', [
      z.object({ kind: z.literal('answer'), text: z.string().min(1) }),
      z.object({ kind: z.literal('none'), reason: z.string().min(1) }),
    ])
    const schema = z.object({ tree, union })
    expect(schema.safeParse(await submit(schema, { question: 'What is a tree?' })).success).toBe(true)
  })

  it('passes on what the input has under the same name', async () => {
    const schema = z.object({ ticket: z.string(), amount: z.number() })
    expect(await submit(schema, { ticket: 'T-1', amount: 12.5, text: 'refund please' })).toEqual({
      ticket: 'T-1',
      amount: 12.5,
    })
  })

  it('splits a question into its parts', async () => {
    const schema = z.object({ subtopics: z.array(z.object({ topic: z.string(), question: z.string() })).max(6) })
    const question = 'How do I create a bucket, encrypt its objects, and get an alarm when it is full?'
    expect(await submit(schema, { question })).toEqual({
      subtopics: [
        { topic: 'Create a bucket', question: 'How do I create a bucket?' },
        { topic: "Encrypt the bucket's objects", question: "How do I encrypt the bucket's objects?" },
        { topic: 'Get an alarm when the bucket is full', question: 'How do I get an alarm when the bucket is full?' },
      ],
    })
  })

  it('numbers the citations that its text uses, and leaves out what was turned down', async () => {
    const schema = z.object({
      summary: z.string(),
      sections: z.array(
        z.object({
          heading: z.string(),
          points: z.array(z.object({ text: z.string(), citations: z.array(z.int()).min(1) })).min(1),
        }),
      ),
      citations: z.array(
        z.object({ number: z.int(), file: z.string(), startLine: z.int(), endLine: z.int(), quote: z.string() }),
      ),
      gaps: z.array(z.string()),
    })
    const wrong = { ...finding, claim: 'Grants are free.', quote: 'Grants are not free.', verdict: 'unsupported' }
    const reviews = [
      { topic: 'Grants', findings: [{ ...finding, verdict: 'supported' }, wrong] },
      { topic: 'Cost', findings: [], gap: 'Nothing on cost.' },
    ]
    const { claim, ...place } = finding
    expect(await submit(schema, { question: 'How do grants work?', reviews })).toEqual({
      summary: `${claim} [1]`,
      sections: [{ heading: 'Grants', points: [{ text: claim, citations: [1] }] }],
      citations: [{ number: 1, ...place }],
      gaps: [expect.stringContaining('Grants are free.'), 'Nothing on cost.'],
    })
  })
})
