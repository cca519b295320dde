/** A step in which a string that stands for a secret comes from wherever content can come from. */
import * as z from 'zod'
import { defineTool } from '../../../src/define/tool.ts'
import type { Script } from '../../../src/models/scripted.ts'
import { Answer, testAgent } from '../agent/harness.ts'
import { rowsOfStep, type ToldRow } from './step-rows.ts'

export const CANARY = /canary-[a-z]+/

const read = defineTool({
  name: 'read',
  description: 'Reads. canary-description',
  input: z.object({ path: z.string() }),
  output: z.object({ text: z.string() }),
  effect: 'read',
  run: async ({ path }, { reads }) => {
    if (path === 'throw') throw Object.assign(new Error('canary-message'), { name: 'canary-name' })
    reads({ uri: 'https://example.com/?token=canary-uri', sha256: 'abc' })
    return { text: 'canary-result' }
  },
})

const agent = testAgent({
  role: 'Reader canary-role',
  goal: 'Read canary-goal.',
  instructions: 'canary-instructions',
  tools: [read],
  checks: [
    {
      name: 'sure',
      description: 'Is it sure?',
      run: async (output) =>
        Answer.parse(output).answer === 'canary-wrong'
          ? { verdict: 'reject', problems: ['canary-problem'] }
          : { verdict: 'accept' },
    },
  ],
})

const script: Script = {
  solver: [
    { fail: 'throttled', message: 'too many: canary-provider' },
    {
      text: 'canary-thought',
      toolUses: [
        { name: 'read', input: { path: 'canary-argument' } },
        { name: 'read', input: { path: 'throw' } },
        { name: 'canary-tool', input: {} },
        { name: 'read', input: { 'canary-key': 1 } },
      ],
    },
    { submit: { answer: 'canary-wrong' } },
    { submit: { answer: 'canary-answer' } },
  ],
}

export function rowsWithCanaries(): Promise<ToldRow[]> {
  const input = { input: { question: 'canary-question' }, settings: { key: 'canary-setting' } }
  return rowsOfStep(script, { agent, input })
}
