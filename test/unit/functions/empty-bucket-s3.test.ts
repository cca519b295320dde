import { expect, it } from 'vitest'
import { s3EmptyBucket } from '../../../functions/empty-bucket-s3.ts'
import { awsService } from './support/aws-service.ts'

/** A bucket that lists two objects a page. */
async function bucketOf(keys: Set<string>, refused: ReadonlySet<string> = new Set()) {
  return awsService(({ method, body }) => {
    if (method === 'GET') {
      const page = [...keys].slice(0, 2).map((key) => `<Contents><Key>${key}</Key></Contents>`)
      return { body: `<ListBucketResult>${page.join('')}</ListBucketResult>` }
    }
    const named = [...body.matchAll(/<Key>([^<]+)<\/Key>/g)].map(([, key = '']) => key)
    const errors = named.filter((key) => refused.has(key))
    for (const key of named) if (!refused.has(key)) keys.delete(key)
    const told = errors.map((key) => `<Error><Key>${key}</Key><Code>AccessDenied</Code><Message>no</Message></Error>`)
    return { body: `<DeleteResult>${told.join('')}</DeleteResult>` }
  })
}

it('removes every object, page by page', async () => {
  const keys = new Set(['runs/r1/a', 'runs/r1/b', 'runs/r2/c'])
  const service = await bucketOf(keys)
  await s3EmptyBucket({ ...service.config, forcePathStyle: true })('artifacts')
  service.close()
  expect([...keys]).toEqual([])
})

it('says what is left and how to remove it', async () => {
  const service = await bucketOf(new Set(['runs/r1/a']), new Set(['runs/r1/a']))
  const emptied = s3EmptyBucket({ ...service.config, forcePathStyle: true })('artifacts')
  await expect(emptied).rejects.toMatchObject({
    name: 'InvalidRequest',
    message: expect.stringContaining('runs/r1/a: AccessDenied'),
    next: expect.stringContaining('aws s3 rm s3://artifacts --recursive'),
  })
  service.close()
})

it('removes every version of what is locked, and says that it passes the lock', async () => {
  const versions = new Set(['seals/r1/0 v1', 'seals/r1/0 v2'])
  const service = await awsService(({ method, body }) => {
    if (method === 'GET') {
      const told = [...versions].map((one) => one.split(' '))
      const page = told.map(([key, id]) => `<Version><Key>${key}</Key><VersionId>${id}</VersionId></Version>`)
      return { body: `<ListVersionsResult>${page.join('')}</ListVersionsResult>` }
    }
    for (const [, key, id] of body.matchAll(/<Key>([^<]+)<\/Key><VersionId>([^<]+)</g)) versions.delete(`${key} ${id}`)
    return { body: '<DeleteResult></DeleteResult>' }
  })
  await s3EmptyBucket({ ...service.config, forcePathStyle: true })('seals', { isLocked: true })
  service.close()
  expect([...versions]).toEqual([])
  expect(service.asked[1]?.headers['x-amz-bypass-governance-retention']).toBe('true')
})
