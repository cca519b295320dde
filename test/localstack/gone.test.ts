/** A LocalStack that dies while tests run: what they say then. */
import { expect, it } from 'vitest'
import { ensureLocalStack, LocalStackUnavailable } from '../../localstack/index.ts'
import { ask } from './support/api.ts'
import { whyItFailed } from './support/why-it-failed.ts'

it('says that it is gone, and what its log said last', async () => {
  const localstack = await ensureLocalStack({ reuse: false })
  const stack = { name: '', outputs: {}, outputsFile: '', apiUrl: `${localstack.endpoint}/_aws/execute-api/any/dev` }
  expect(await whyItFailed(localstack.endpoint)).toBeUndefined()
  await localstack.stop()

  await expect(ask(stack, '/health')).rejects.toThrow('fetch failed')
  await expect(localstack.assertAlive()).rejects.toThrow(LocalStackUnavailable)
  const why = await whyItFailed(localstack.endpoint)
  expect(why).toContain(`LocalStack at ${localstack.endpoint} is gone`)
  expect(why).toMatch(/run the tests again|Start/)
})
