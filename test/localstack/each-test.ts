/** After a test that failed: adds that LocalStack is gone, if it is. */
import { afterEach, inject } from 'vitest'
import { whyItFailed } from './support/why-it-failed.ts'

afterEach(async ({ task }) => {
  if (task.result?.state !== 'fail') return
  const why = await whyItFailed(inject('deployed').endpoint)
  if (why !== undefined) throw new Error(why)
})
