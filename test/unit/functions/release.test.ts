import { SFNClient } from '@aws-sdk/client-sfn'
import { afterEach, expect, it } from 'vitest'
import { releaseHandler } from '../../../functions/release.ts'
import { stepFunctionsVersions } from '../../../functions/step-functions-versions.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'
import { openReleases } from '../../../src/versions/releases.ts'
import { type Answer, type AwsService, awsService, fault } from './support/aws-service.ts'
import { LOCK, lambdaContext, MACHINE, team } from './support/team.ts'

const opened: AwsService[] = []
afterEach(() => {
  for (const service of opened.splice(0)) service.close()
})

async function serve(answer: (operation: string, nth: number) => Answer): Promise<AwsService> {
  let nth = 0
  const service = await awsService(({ operation }) => answer(operation, ++nth))
  opened.push(service)
  return service
}

const PUBLISHED = { body: { stateMachineVersionArn: `${MACHINE}:3`, creationDate: 0 } }
const FUNCTION = 'arn:aws:lambda:us-east-1:123456789012:function:solver:7'
const CONTROL = 'arn:aws:lambda:us-east-1:123456789012:function:control:2'
const deployed = {
  ServiceToken: 'arn:aws:lambda:us-east-1:123456789012:function:release',
  team: 'solvers',
  agents: { solver: FUNCTION },
  control: CONTROL,
  workflows: { solve: MACHINE },
  definitions: { solve: 'ab'.repeat(32) },
}

async function prepare(publish: (operation: string, nth: number) => Answer = () => PUBLISHED, answered = [200]) {
  const stepFunctions = await serve(publish)
  const cloudFormation = await serve((_, nth) => ({ status: answered[nth - 1] ?? answered.at(-1) ?? 200 }))
  const clock = fakeClock('2026-01-01T00:00:00.000Z', { auto: true })
  const releases = openReleases(openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' }))
  const publishVersion = stepFunctionsVersions(new SFNClient(stepFunctions.config), clock)
  const emptied: string[] = []
  const bucket = { isEndless: false }
  const emptyBucket = async (name: string) => {
    emptied.push(name)
    if (bucket.isEndless) await new Promise(() => undefined)
  }
  const alarms: (readonly [number, () => void])[] = []
  // Rung by hand: the time of the answers' way over the wire is real.
  const alarm = (milliseconds: number, ring: () => void) => {
    alarms.push([milliseconds, ring])
    return () => undefined
  }
  const surroundings = { releases, publishVersion, emptyBucket, clock: { ...clock, alarm } }
  const handler = releaseHandler({ team }, () => surroundings)
  const ids = { StackId: 'stack', RequestId: 'request', LogicalResourceId: 'Release' }
  const request = (RequestType: string, more: object = {}) => ({
    ...{ RequestType, ...ids, ResponseURL: `${cloudFormation.url}/answer?signature=s`, ResourceProperties: deployed },
    ...more,
  })
  return {
    releases,
    emptied,
    bucket,
    alarms,
    clock,
    request,
    handle: (event: unknown) => handler(event, lambdaContext()),
    published: stepFunctions.asked,
    answers: () => cloudFormation.asked.map(({ body }) => JSON.parse(body)),
    asked: cloudFormation.asked,
  }
}

it('publishes versions, records the release and answers', async () => {
  const { handle, request, releases, answers, asked, published } = await prepare()
  expect(await handle(request('Create'))).toMatchObject({ status: 'SUCCESS' })
  const { sha256 } = LOCK.agents['solver'] ?? {}
  expect((await releases.current('solvers'))?.lock).toEqual({
    agents: { solver: { functionName: FUNCTION, version: '1.0.0', sha256 } },
    workflows: { solve: { stateMachineArn: `${MACHINE}:3`, version: '2.0.0', sha256: 'ab'.repeat(32) } },
    control: { functionName: CONTROL },
  })
  expect(JSON.parse(published[0]?.body ?? '')).toEqual({ stateMachineArn: MACHINE })
  const ids = { StackId: 'stack', RequestId: 'request', LogicalResourceId: 'Release' }
  expect(answers()).toEqual([
    { Status: 'SUCCESS', ...ids, PhysicalResourceId: 'release-solvers', Data: { sequence: '1' } },
  ])
  expect(asked[0]).toMatchObject({ method: 'PUT', path: '/answer?signature=s' })
  expect(asked[0]?.headers['content-type'] ?? '').toBe('')
})

it('records nothing new where nothing was changed, and keeps its id', async () => {
  const { handle, request, answers } = await prepare()
  await handle(request('Create'))
  await handle(request('Update', { PhysicalResourceId: 'release-solvers' }))
  expect(answers()[1]).toMatchObject({
    Status: 'SUCCESS',
    PhysicalResourceId: 'release-solvers',
    Data: { sequence: '1' },
  })
})

it('leaves a rollback as it is where nothing was changed, and ends it with the next change', async () => {
  let version = 3
  const { handle, request, releases } = await prepare(() => ({
    body: { stateMachineVersionArn: `${MACHINE}:${version}`, creationDate: 0 },
  }))
  await handle(request('Create'))
  version = 4
  await handle(request('Update'))
  await releases.rollback('solvers', { by: 'anna', reason: 'worse', at: '2026-01-01T01:00:00.000Z' })
  await handle(request('Update'))
  expect(await releases.pointer('solvers')).toEqual({ stable: 1, revision: 3 })
  expect((await releases.list('solvers')).releases).toHaveLength(2)
  version = 5
  await handle(request('Update'))
  expect(await releases.pointer('solvers')).toEqual({ stable: 3, revision: 4 })
})

it('goes back with CloudFormation: starts take what is deployed', async () => {
  let version = 3
  const { handle, request, releases } = await prepare(() => ({
    body: { stateMachineVersionArn: `${MACHINE}:${version}`, creationDate: 0 },
  }))
  await handle(request('Create'))
  version = 4
  await handle(request('Update'))
  version = 3
  await handle(request('Update'))
  const current = await releases.current('solvers')
  expect(current).toMatchObject({ sequence: 3, lock: { workflows: { solve: { stateMachineArn: `${MACHINE}:3` } } } })
})

it('does nothing when it is deleted', async () => {
  const { handle, request, releases, answers, published, emptied } = await prepare()
  const event = request('Delete', { PhysicalResourceId: 'other', ResourceProperties: { nothing: 'that fits' } })
  expect(await handle(event)).toMatchObject({ status: 'SUCCESS' })
  expect(answers()).toMatchObject([{ Status: 'SUCCESS', PhysicalResourceId: 'other' }])
  expect([published, emptied]).toEqual([[], []])
  expect(await releases.current('solvers')).toBeUndefined()
})

it('empties the bucket that goes with the stack', async () => {
  const { handle, request, emptied } = await prepare()
  const event = request('Delete', { PhysicalResourceId: 'other', ResourceProperties: { bucketToEmpty: 'artifacts' } })
  expect(await handle(event)).toMatchObject({ status: 'SUCCESS' })
  expect(emptied).toEqual(['artifacts'])
})

it.each([
  [{ ...deployed, team: 'writers' }, 'team writers'],
  [{ ...deployed, agents: {} }, 'no agent solver'],
  [{ ...deployed, workflows: {} }, 'no workflow solve'],
  [{ ...deployed, workflows: { ...deployed.workflows, other: MACHINE } }, 'workflow other'],
  [{ ...deployed, definitions: {} }, 'no definition of workflow solve'],
  [undefined, 'what does not fit'],
])('answers with the reason where %j does not fit the bundle', async (ResourceProperties, reason) => {
  const { handle, request, releases, answers } = await prepare()
  expect(await handle(request('Create', { ResourceProperties }))).toMatchObject({ status: 'FAILED' })
  expect(answers()).toMatchObject([{ Status: 'FAILED', Reason: expect.stringContaining(reason) }])
  expect(await releases.current('solvers')).toBeUndefined()
})

it('waits for an update of a state machine that is still under way', async () => {
  const { handle, request, clock } = await prepare((_, nth) => (nth < 3 ? fault('ConflictException') : PUBLISHED))
  expect(await handle(request('Create'))).toMatchObject({ status: 'SUCCESS' })
  expect(clock.slept).toHaveLength(2)
})

it('answers with the reason where no version can be published, and does not wait for ever', async () => {
  const { handle, request, answers, published } = await prepare(() => fault('ConflictException'))
  expect(await handle(request('Create'))).toMatchObject({ status: 'FAILED' })
  expect(answers()).toMatchObject([{ Reason: expect.stringContaining('ConflictException') }])
  expect(published).toHaveLength(6)
})

it('answers while there is time, where the work takes longer', async () => {
  const { handle, request, answers, bucket, emptied, alarms } = await prepare()
  bucket.isEndless = true
  const handled = handle(request('Delete', { ResourceProperties: { ...deployed, bucketToEmpty: 'full' } }))
  await expect.poll(() => emptied).toEqual(['full'])
  const [[milliseconds, ring] = [0, () => undefined]] = alarms
  expect(milliseconds).toBe(300_000 - 85_000)
  ring()
  expect(await handled).toMatchObject({ status: 'FAILED' })
  expect(answers()).toMatchObject([{ Status: 'FAILED', Reason: expect.stringContaining('longer than its function') }])
})

it('sends an answer that was not taken again', async () => {
  const { handle, request, answers, releases } = await prepare(undefined, [503, 500, 200])
  expect(await handle(request('Create'))).toMatchObject({ status: 'SUCCESS' })
  expect(answers().map(({ Status }) => Status)).toEqual(['SUCCESS', 'SUCCESS', 'SUCCESS'])
  expect((await releases.list('solvers')).releases).toHaveLength(1)
})

it('fails in the end where no answer is taken, without taking the release back', async () => {
  const { handle, request, answers, releases } = await prepare(undefined, [403])
  await expect(handle(request('Create'))).rejects.toMatchObject({ message: expect.stringContaining('status 403') })
  expect(answers()).toHaveLength(5)
  expect((await releases.list('solvers')).releases).toHaveLength(1)
})

it.each([[undefined], [{ RequestType: 'Create' }], [{ ...deployed, ResponseURL: 'x' }]])(
  'refuses %j',
  async (event) => {
    const { handle } = await prepare()
    await expect(handle(event)).rejects.toMatchObject({ name: 'InvalidRequest' })
  },
)
