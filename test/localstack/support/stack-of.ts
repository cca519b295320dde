/** A deployment as the tests know it. Beside setup.ts, which must not import what only a test can. */
import type { deployWithCdk } from '../../../localstack/deploy-with-cdk.ts'
import type { Stack } from './deployed.ts'

export function stackOf({ outputs, outputsFile }: Awaited<ReturnType<typeof deployWithCdk>>): Stack {
  const [[name, values] = ['', {}]] = Object.entries(outputs)
  return { name, outputs: values, outputsFile, apiUrl: (values['ApiUrl'] ?? '').replace(/\/$/, '') }
}
