/** The seals of a deployed team and the key that they are signed with, for who reads them. Clients are loaded when asked. */
import type { AuditDependencies } from '../src/api/run-audit.ts'
import type { ControlEnvironment } from '../src/config.ts'
import { kmsSealKey } from './kms-seal-key.ts'
import { opened } from './lambda.ts'

type Names = Pick<ControlEnvironment, 'BATON_SEALS_BUCKET' | 'BATON_SEAL_KEY_ARN'>
type Seals = Pick<AuditDependencies, 'seals' | 'sealKeys'>

/** None of a function that is given no bucket. */
export function lazySeals({ BATON_SEALS_BUCKET: bucket, BATON_SEAL_KEY_ARN: keyArn }: Names): Seals {
  if (bucket === undefined || keyArn === undefined) return { seals: { list: async () => [] }, sealKeys: async () => [] }
  const store = opened(async () => (await import('../src/records/seals-s3.ts')).openS3Seals({ bucket }))
  const { key } = kmsSealKey(keyArn)
  return { seals: { list: async (runId) => (await store()).list(runId) }, sealKeys: async () => [await key()] }
}
