/** How functions end, in the Lambda of this LocalStack: what Step Functions' Retry and Catch match on. */
import { CreateFunctionCommand, InvokeCommand, LambdaClient, waitUntilFunctionActiveV2 } from '@aws-sdk/client-lambda'
import { beforeAll, describe, expect, it } from 'vitest'
import { client } from './support/deployed.ts'
import { zip } from './support/zip.ts'

const lambda = new LambdaClient(client)
const name = `functions-${process.pid}-${Date.now()}`

const CODE = `
export const handler = async ({ how }, context) => {
  if (how === 'spins') for (;;);
  if (how === 'waits') await new Promise(() => {})
  if (how === 'exits') process.exit(3)
  if (how === 'large') return 'x'.repeat(7 * 1024 * 1024)
  if (how === 'sleeps') await new Promise((resolve) => setTimeout(resolve, 300))
  return { version: context.functionVersion, endpoint: process.env.AWS_ENDPOINT_URL, model: process.env.AWS_ENDPOINT_URL_BEDROCK_RUNTIME }
}`

beforeAll(async () => {
  await lambda.send(
    new CreateFunctionCommand({
      ...{ FunctionName: name, Role: 'arn:aws:iam::000000000000:role/any', Handler: 'index.handler', Timeout: 1 },
      ...{ Runtime: 'nodejs24.x', Architectures: ['arm64'], Code: { ZipFile: zip({ 'index.mjs': CODE }) } },
      Environment: { Variables: { AWS_ENDPOINT_URL_BEDROCK_RUNTIME: 'http://127.0.0.1:1' } },
    }),
  )
  await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 60 }, { FunctionName: name })
})

async function invoke(how: string) {
  const answer = await lambda.send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify({ how }) }))
  return { error: answer.FunctionError, payload: JSON.parse(Buffer.from(answer.Payload ?? []).toString()) }
}

describe('a function', () => {
  it.each([
    ['spins', 'Sandbox.Timedout', / Error: Task timed out after 1\.00 seconds$/],
    ['waits', 'Sandbox.Timedout', / Error: Task timed out after 1\.00 seconds$/],
    ['exits', 'Runtime.ExitError', / Error: Runtime exited with error: exit status 3$/],
    ['large', 'Function.ResponseSizeTooLarge', /^Response payload size/],
  ])('that %s ends as on AWS, and the next invocation finds a new process', async (how, errorType, errorMessage) => {
    const { error, payload } = await invoke(how)
    expect(error).toBe('Unhandled')
    expect(payload).toMatchObject({ errorType, errorMessage: expect.stringMatching(errorMessage) })
    expect(await invoke('answers')).toMatchObject({ error: undefined, payload: { version: '$LATEST' } })
  })

  it('talks to LocalStack, but for the service that has an endpoint of its own', async () => {
    const { payload } = await invoke('answers')
    expect(payload).toMatchObject({ endpoint: expect.stringMatching(/^http:/), model: 'http://127.0.0.1:1' })
  })

  it('waits for its turn where too many are called at once', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => invoke('sleeps')))
    expect(answers.filter(({ error }) => error !== undefined)).toEqual([])
  })
})
