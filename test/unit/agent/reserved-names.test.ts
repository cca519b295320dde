import { expect, it } from 'vitest'
import * as z from 'zod'
import { defineTool } from '../../../src/define/tool.ts'
import { add, testAgent } from './harness.ts'

it('refuses tools that a model could not tell apart', () => {
  const named = (name: string) =>
    defineTool({ name, description: 'Not ours.', input: z.object({}), output: z.string(), run: async () => '' })
  expect(() => testAgent({ tools: [named('submit_output')] })).toThrow(/submit_output is reserved/)
  expect(() => testAgent({ tools: [named('ask_person')] })).toThrow(/ask_person is reserved/)
  expect(() => testAgent({ tools: [add, add] })).toThrow(/same name/)
  expect(() => testAgent({ tools: [null as never] })).toThrow(/defineTool/)
})
