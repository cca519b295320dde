/** Whether a test may have failed because LocalStack is gone: then that is what its reader has to know. */
import { checkHealth } from '../../../localstack/health.ts'

/** @returns undefined where LocalStack answers. */
export async function whyItFailed(endpoint: string): Promise<string | undefined> {
  const health = await checkHealth(endpoint)
  if (health.healthy) return undefined
  return `LocalStack at ${endpoint} is gone: ${health.why}. What failed says nothing of the code: run the tests again.`
}
