/** What is deployed seals its journal: from the table's stream, with a key of KMS, into a locked bucket. */
import {
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectRetentionCommand,
  ListObjectVersionsCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { expect, it } from 'vitest'
import { kmsSealKey } from '../../functions/kms-seal-key.ts'
import { wholeAudit } from '../../src/api/run-audit.ts'
import { verifyRun } from '../../src/audit/verify-run.ts'
import type { RunId } from '../../src/schema/ids.ts'
import { AuditPage, type RunAudit } from '../../src/schema/run-audit.ts'
import { sha256 } from '../../src/schema/sha256.ts'
import { ask, runEnded, startRun } from './support/api.ts'
import { client, deployed, storesOf } from './support/deployed.ts'
import { until } from './support/until.ts'

const { patterns } = deployed
const { SealsBucket: Bucket = '', SealKey = '' } = patterns.outputs
const s3 = new S3Client({ ...client, forcePathStyle: true })

function auditOf(runId: RunId): Promise<RunAudit> {
  return wholeAudit(
    runId,
    async (_, { after = '', bodies = 'false' }) => {
      const query = new URLSearchParams({ bodies, ...(after && { after }) })
      return AuditPage.parse((await ask(patterns, `/runs/${runId}/audit?${query}`)).body)
    },
    { bodies: 'true' },
  )
}

it('seals a run, which is proved whole by its record and the public key; a removed row shows', async () => {
  const { runId } = await startRun(patterns, { workflow: 'brief', input: { target: 3 } })
  await runEnded(patterns, runId)
  const key = await kmsSealKey(SealKey, client).key()
  const sealed = await until('the seal', 200_000, async () => {
    const audit = await auditOf(runId)
    const heads = new Set(audit.seals.flatMap(({ chains }) => chains.map(({ head }) => head)))
    const ends = audit.rows.filter(({ event }) => event === 'outcome' || event === 'end')
    return ends.length > 2 && ends.every(({ hash }) => heads.has(hash)) ? audit : undefined
  })
  expect(sealed.keys).toEqual([key])
  expect(verifyRun(sealed, { keys: [key] })).toMatchObject({ status: 'intact', findings: [] })
  expect(sealed.seals.flatMap(({ faults = [] }) => faults)).toEqual([])

  const [first] = sealed.seals
  const copy = await s3.send(new GetObjectCommand({ Bucket, Key: `rows/${runId}/${first?.copy?.sha256}.jsonl` }))
  expect(sha256((await copy.Body?.transformToString()) ?? '')).toBe(first?.copy?.sha256)

  const Key = `seals/${runId}/000000000.json`
  const again = new PutObjectCommand({ Bucket, Key, Body: '{}', ChecksumAlgorithm: 'SHA256', IfNoneMatch: '*' })
  await expect(s3.send(again)).rejects.toMatchObject({ name: 'PreconditionFailed' })
  const { Versions: [version] = [] } = await s3.send(new ListObjectVersionsCommand({ Bucket, Prefix: Key }))
  const { Retention } = await s3.send(new GetObjectRetentionCommand({ Bucket, Key }))
  expect(Retention?.Mode).toBe('GOVERNANCE')
  const VersionId = version?.VersionId
  await expect(s3.send(new DeleteObjectCommand({ Bucket, Key, VersionId }))).rejects.toMatchObject({
    name: 'AccessDenied',
  })

  const row = sealed.rows.find(({ event }) => event === 'outcome')
  const partition = `RUN#${runId}#${row?.stepId}`
  const { records } = storesOf(patterns)
  const { items } = await records.query(partition)
  const sort = items.at(-1)?.sort ?? ''
  await records.write({ kind: 'delete', key: { partition, sort }, condition: { kind: 'exists' } })
  const faulty = await until('the fault', 200_000, async () => {
    const audit = await auditOf(runId)
    return audit.seals.some(({ faults }) => faults !== undefined) ? audit : undefined
  })
  const { status, findings } = verifyRun(faulty, { keys: [key] })
  expect(status).toBe('broken')
  expect(findings.map(({ kind }) => kind)).toContain('tampering')
  expect(faulty.seals.at(-1)?.faults).toEqual([
    expect.stringMatching(new RegExp(`^row ${row?.seq} of ${row?.stepId}, attempt 1, was removed`)),
  ])
})
