import { expect, it } from 'vitest'
import * as z from 'zod'
import { outputTool } from '../../../src/agent/output-tool.ts'
import type { JsonObject } from '../../../src/schema/json.ts'

const toolFor = (output: z.ZodType) =>
  outputTool({ outputSchema: z.toJSONSchema(output, { io: 'input' }) as JsonObject })

it('takes an object schema as it is', () => {
  const { spec, unwrap } = toolFor(z.object({ answer: z.string() }))
  expect(spec).toMatchObject({ name: 'submit_output', inputSchema: { type: 'object', required: ['answer'] } })
  expect(spec.inputSchema).not.toHaveProperty('$schema')
  expect(unwrap({ answer: 'x' })).toEqual({ answer: 'x' })
})

it.each([z.string(), z.array(z.number()), z.union([z.object({ a: z.string() }), z.object({ b: z.string() })])])(
  'wraps what is no object',
  (output) => {
    const { spec, unwrap } = toolFor(output)
    expect(spec.inputSchema).toMatchObject({ type: 'object', required: ['output'], properties: { output: {} } })
    expect(unwrap({ output: ['x'] })).toEqual(['x'])
    expect(unwrap('bare')).toBe('bare')
  },
)

it('keeps references of a wrapped schema pointing at what they meant', () => {
  type Tree = (Tree | string)[]
  const Tree: z.ZodType<Tree> = z.lazy(() => z.array(z.union([Tree, z.string()])))
  const { spec } = toolFor(Tree)
  const accepted = z.fromJSONSchema(spec.inputSchema as never)
  expect(accepted.safeParse({ output: ['a', ['b']] }).success).toBe(true)
  expect(accepted.safeParse({ output: [{ output: 'a' }] }).success).toBe(false)
})
