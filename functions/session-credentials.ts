/**
 * The one function that makes credentials: an agent's `Run` role, for one step of one run. The tags come from the task's
 * input, never from what a model said; the role's policy turns them into exact keys.
 */
import { AssumeRoleCommand, type STSClient } from '@aws-sdk/client-sts'
import type { AwsCredentials } from '../src/define/tool.ts'
import { InvalidRequest, RecordsUnavailable } from '../src/errors.ts'
import type { RunId, StepId } from '../src/schema/ids.ts'

export type SessionCredentials = AwsCredentials

/** Twice what a function can live, so that they outlast it whatever the clocks say. */
const DURATION_SECONDS = 1_800

/** @throws RecordsUnavailable where STS does not answer; InvalidRequest where it refuses. */
export async function assumeRunRole(
  sts: STSClient,
  roleArn: string,
  { runId, stepId }: { readonly runId: RunId; readonly stepId: StepId },
): Promise<SessionCredentials> {
  const command = new AssumeRoleCommand({
    RoleArn: roleArn,
    RoleSessionName: runId,
    DurationSeconds: DURATION_SECONDS,
    Tags: [
      { Key: 'runId', Value: runId },
      { Key: 'stepId', Value: stepId },
    ],
  })
  const { Credentials: given } = await sts.send(command).catch((error: unknown) => {
    throw translated(error, roleArn)
  })
  const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = given ?? {}
  if (accessKeyId && secretAccessKey && sessionToken) return { accessKeyId, secretAccessKey, sessionToken }
  throw unavailable('STS answered without credentials', undefined)
}

/** Ours for theirs: ASL retries the first kind by name. */
function translated(error: unknown, roleArn: string): unknown {
  if (!(error instanceof Error)) return error
  const { name, message, $metadata } = error as Error & { $metadata?: { httpStatusCode?: number } }
  const status = $metadata?.httpStatusCode ?? 503
  if (status >= 500 || name.startsWith('Throttling')) return unavailable(`${name}: ${message}`, error)
  return new InvalidRequest({
    message: `STS refused the role ${roleArn}: ${name}: ${message}`,
    next: "Check that the role trusts this function's role, with the session tags runId and stepId.",
    cause: error,
  })
}

function unavailable(message: string, cause: unknown): RecordsUnavailable {
  return new RecordsUnavailable({
    message: `there are no credentials for the records: ${message}`,
    next: 'It is tried again. If that goes on, check STS in this region.',
    cause,
  })
}
