/**
 * For stages whose AWS enforces no IAM, such as LocalStack: every call that this function's AWS clients make is first put to
 * the policies that were deployed for whoever signs it, with its session tags, and answered as IAM would where they deny it.
 * It can only take away. Loaded where the stage asks for it, and nowhere else; knows calls by their signatures, as AWS does.
 */
import { Readable } from 'node:stream'
import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import * as z from 'zod'
import { InvalidRequest, PermissionDenied } from '../src/errors.ts'
import { type AwsPlace, accessRequests } from '../src/permissions/aws-requests.ts'
import type { RequestContext } from '../src/permissions/conditions.ts'
import { compilePolicy, evaluate, type Policy } from '../src/permissions/evaluate.ts'
import type { Statement } from '../src/permissions/statement.ts'
import { refusalOf, type Signed, signedCall, type WireRequest } from './aws-wire.ts'
import { keepDenial } from './denials.ts'
import { gateConnections, type Handle, setGate, type WireResponse } from './gated-connections.ts'

const Statements = z.array(z.custom<Statement>((value) => typeof value === 'object' && value !== null))

/** Of one role, as they were deployed. */
const RolePolicies = z.object({
  statements: Statements,
  boundary: Statements.optional(),
  /** Who may take it on. */
  trust: z.array(z.object({ principal: z.string(), statement: z.custom<Statement>() })),
})

interface Role {
  readonly arn: string
  readonly policies: readonly Policy[]
  readonly boundary: Policy | undefined
  readonly trust: z.infer<typeof RolePolicies>['trust']
}

/** Whoever signs with one access key. */
interface Principal {
  readonly role: Role
  readonly tags: RequestContext
}

/** Sessions that one environment remembers: it is at one step at a time. */
const SESSIONS = 200

/** @param source `<URL>?role=<ARN of this function's own role>`: where the policies of a role are told. */
export async function openPolicyGate(source: string): Promise<void> {
  const gate = policyGate((roleArn) => readRole(source, roleArn), new URL(source).searchParams.get('role') ?? '')
  setGate(gate)
  // Its class makes the connections of all clients but Bedrock's.
  const client = new DynamoDBClient({ region: 'any' })
  gateConnections(client.config.requestHandler)
  client.destroy()
}

/** @returns what makes a handler of requests one that asks first. */
export function policyGate(
  readPolicies: (roleArn: string) => Promise<z.infer<typeof RolePolicies>>,
  ownRole: string,
): (handle: Handle) => Handle {
  const roles = new Map<string, Promise<Role>>()
  const sessions = new Map<string, Principal>()

  function roleOf(arn: string): Promise<Role> {
    const known = roles.get(arn) ?? readPolicies(arn).then((policies) => compiled(arn, policies))
    roles.set(arn, known)
    known.catch(() => roles.delete(arn))
    return known
  }

  /** An AssumeRole counts twice: as a right of who asks, and by the trust of the role. */
  async function denialOf(call: Signed, { role, tags }: Principal): Promise<PermissionDenied | undefined> {
    const [, partition = 'aws', , , account = ''] = role.arn.split(':')
    const place: AwsPlace = { partition, region: call.region, account }
    for (const { action, resource, context } of accessRequests(call, place)) {
      const request = { action, resource, context: { ...tags, ...context } }
      const verdict = evaluate({ ...role, request })
      const trusted = action.startsWith('sts:') ? trustVerdict(await roleOf(resource), role.arn, request) : verdict
      const denied = [verdict, trusted].find(({ decision }) => decision !== 'allow')
      if (denied !== undefined) return denialFor(role.arn, request, denied.why)
    }
    return undefined
  }

  async function remember(call: Signed, response: WireResponse): Promise<void> {
    const text = await textOf(response.body)
    // What was read is gone from the stream.
    response.body = Readable.from([Buffer.from(text)])
    const [, accessKeyId] = /<AccessKeyId>([^<]+)</.exec(text) ?? []
    const role = await roleOf(String(call.input['RoleArn']))
    const given = (call.input['Tags'] ?? []) as readonly { readonly Key: string; readonly Value: string }[]
    const tags = Object.fromEntries(given.map(({ Key, Value }) => [`aws:PrincipalTag/${Key}`, Value]))
    if (sessions.size >= SESSIONS) sessions.clear()
    if (accessKeyId !== undefined) sessions.set(accessKeyId, { role, tags })
  }

  return (handle) =>
    async function gated(this: unknown, request, ...rest) {
      const call = signedCall(request as WireRequest)
      if (call === undefined) return handle.call(this, request, ...rest)
      const principal = sessions.get(call.accessKeyId) ?? { role: await roleOf(ownRole), tags: {} }
      const denied = await denialOf(call, principal)
      if (denied !== undefined) {
        keepDenial(denied)
        const { body, ...head } = refusalOf(call.service, denied.message)
        return { response: { ...head, body: Readable.from([Buffer.from(body)]) } }
      }
      const answer = await handle.call(this, request, ...rest)
      if (call.operation === 'AssumeRole' && answer.response.statusCode === 200) await remember(call, answer.response)
      return answer
    }
}

function compiled(arn: string, { statements, boundary, trust }: z.infer<typeof RolePolicies>): Role {
  return { arn, policies: [compilePolicy(statements)], boundary: boundary && compilePolicy(boundary), trust }
}

function trustVerdict({ trust }: Role, principal: string, request: Parameters<typeof evaluate>[0]['request']) {
  const own = trust.filter((one) => one.principal === principal)
  // A trust policy names no resource: it is the role's own.
  const policy = compilePolicy(own.map(({ statement }) => ({ ...statement, Resource: ['*'] })))
  return evaluate({ policies: [policy], request })
}

function denialFor(roleArn: string, { action, resource, context }: AwsRequest, why: string): PermissionDenied {
  const keys = [context['dynamodb:LeadingKeys'] ?? []].flat()
  const asked = keys.length === 0 ? '' : ` asked for ${keys.join(', ')};`
  return new PermissionDenied({
    action,
    resource,
    why: `role ${roleArn.split('/').at(-1)},${asked} ${why}`,
    next: 'Declare what the agent needs, or find out who asked for it: baton permissions',
  })
}

type AwsRequest = Parameters<typeof evaluate>[0]['request']

async function readRole(source: string, roleArn: string): Promise<z.infer<typeof RolePolicies>> {
  const url = new URL(source)
  url.searchParams.set('role', roleArn)
  const answer = await fetch(url)
  const parsed = RolePolicies.safeParse(await answer.json())
  if (answer.ok && parsed.success) return parsed.data
  throw new InvalidRequest({
    message: `${url.origin} tells no policies of role ${roleArn}`,
    next: 'Check BATON_POLICIES: it is for stages of tests only.',
  })
}

async function textOf(body: unknown): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of body as AsyncIterable<Uint8Array>) chunks.push(Buffer.from(chunk))
  return Buffer.concat(chunks).toString()
}
