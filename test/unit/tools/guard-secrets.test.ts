import { expect, it } from 'vitest'
import * as z from 'zod'
import { defineTool, type ToolContext } from '../../../src/define/tool.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { toolContext } from '../../../src/testing/tool-context.ts'
import { executeTool } from '../../../src/tools/execute.ts'

const VALUE = 'canary-7f3a9c'

function leaking(run: (secret: string, reads: ToolContext['reads']) => unknown) {
  const tool = defineTool({
    name: 'leaky',
    description: 'Leaks.',
    input: z.object({}),
    output: z.unknown(),
    secrets: ['key'],
    run: async (_, { secret, reads }) => run(await secret('key'), reads),
  })
  const context = toolContext({ secrets: { key: VALUE } })
  return executeTool({ tool, input: {}, context, clock: fakeClock(), milliseconds: 1_000 })
}

it('no value of a secret gets into what is kept of a call', async () => {
  const { executed } = await leaking((secret, reads) => {
    reads({ uri: `https://x.example/?key=${secret}`, sha256: '' })
    return { echo: [`Bearer ${secret}`], basic: Buffer.from(`user:${secret}`).toString('base64') }
  })
  expect(executed.result).toMatchObject({ status: 'ok', output: { echo: ['Bearer [secret]'] } })
  expect(JSON.stringify(executed)).not.toContain(VALUE)
  expect(JSON.stringify(executed)).not.toContain(Buffer.from(VALUE).toString('base64').slice(2, 14))
})

it('nor into its error', async () => {
  const { executed } = await leaking((secret) => {
    throw new Error(`no such host: https://${secret}@x.example`)
  })
  expect(executed.result).toEqual({
    status: 'error',
    name: 'Error',
    message: 'no such host: https://[secret]@x.example',
  })
})
