import { STSClient } from '@aws-sdk/client-sts'
import { afterEach, expect, it } from 'vitest'
import { assumeRunRole } from '../../../functions/session-credentials.ts'
import { RunId, StepId } from '../../../src/schema/ids.ts'
import { type Answer, type AwsService, awsService } from './support/aws-service.ts'

const ROLE = 'arn:aws:iam::123456789012:role/Run'
const step = { runId: RunId.parse('run-1'), stepId: StepId.parse('findings:3/research') }
let sts: AwsService | undefined
afterEach(() => sts?.close())

async function assume(answer: Answer) {
  sts = await awsService(() => answer)
  return assumeRunRole(new STSClient(sts.config), ROLE, step)
}

const xml = (text: string) => ({ headers: { 'content-type': 'text/xml' }, body: text })
const error = (status: number, code: string): Answer => ({
  status,
  ...xml(`<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error></ErrorResponse>`),
})

it('asks for the role with both tags, in a session named after the run', async () => {
  const credentials =
    '<AccessKeyId>A</AccessKeyId><SecretAccessKey>S</SecretAccessKey><SessionToken>T</SessionToken><Expiration>2026-01-01T00:00:00Z</Expiration>'
  const result = `<AssumeRoleResponse><AssumeRoleResult><Credentials>${credentials}</Credentials></AssumeRoleResult></AssumeRoleResponse>`
  expect(await assume(xml(result))).toEqual({ accessKeyId: 'A', secretAccessKey: 'S', sessionToken: 'T' })
  expect(Object.fromEntries(new URLSearchParams(sts?.asked[0]?.body))).toMatchObject({
    Action: 'AssumeRole',
    RoleArn: ROLE,
    RoleSessionName: 'run-1',
    'Tags.member.1.Key': 'runId',
    'Tags.member.1.Value': 'run-1',
    'Tags.member.2.Key': 'stepId',
    'Tags.member.2.Value': 'findings:3/research',
  })
})

it.each([
  [error(403, 'AccessDenied'), 'InvalidRequest'],
  [error(400, 'Throttling'), 'RetryableRecordsUnavailable'],
  [error(500, 'InternalFailure'), 'RetryableRecordsUnavailable'],
  [xml('<AssumeRoleResponse><AssumeRoleResult/></AssumeRoleResponse>'), 'RetryableRecordsUnavailable'],
])('%j is a %s', async (answer, name) => {
  await expect(assume(answer)).rejects.toMatchObject({ name })
})

it('a refused connection is one to try again', async () => {
  const config = { endpoint: 'http://127.0.0.1:1', region: 'us-east-1', maxAttempts: 1 }
  const client = new STSClient({ ...config, credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
  await expect(assumeRunRole(client, ROLE, step)).rejects.toMatchObject({ name: 'RetryableRecordsUnavailable' })
})
