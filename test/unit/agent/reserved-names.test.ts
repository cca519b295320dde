import { expect, it } from 'vitest'
import * as z from 'zod'
import { defineTool } from '../../../src/define/tool.ts'
import { add, testAgent } from './harness.ts'

it('refuses tools that a model could not tell apart', () => {
  const submit = defineTool({
    name: 'submit_output',
    description: 'Not ours.',
    input: z.object({}),
    output: z.string(),
    run: async () => '',
  })
  expect(() => testAgent({ tools: [submit] })).toThrow(/submit_output is reserved/)
  expect(() => testAgent({ tools: [add, add] })).toThrow(/same name/)
  expect(() => testAgent({ tools: [null as never] })).toThrow(/defineTool/)
})
