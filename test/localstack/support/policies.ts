/**
 * Tells what a role of LocalStack may do, as its IAM keeps it and does not enforce it: `GET /?role=<ARN>`. So the functions
 * hold themselves to the very policies that the template brought in, with their references filled in.
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Statement } from '../../../src/permissions/index.ts'

interface RolePolicies {
  readonly statements: readonly Statement[]
  readonly boundary?: readonly Statement[]
  readonly trust: readonly { readonly principal: string; readonly statement: Statement }[]
}

export async function servePolicies(
  endpoint: string,
  listenOn: string,
): Promise<{ port: number; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const role = new URL(request.url ?? '', 'http://policies').searchParams.get('role') ?? ''
    policiesOf(endpoint, role).then(
      (policies) => response.end(JSON.stringify(policies)),
      (error: unknown) => response.writeHead(500).end(JSON.stringify({ error: String(error) })),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, listenOn, resolve))
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

export async function policiesOf(endpoint: string, roleArn: string): Promise<RolePolicies> {
  const RoleName = roleArn.split('/').at(-1) ?? ''
  const ask = (Action: string, fields: Record<string, string>) => iam(endpoint, { Action, ...fields })
  const role = await ask('GetRole', { RoleName })
  const inline = all(await ask('ListRolePolicies', { RoleName }), 'member')
  const attached = all(await ask('ListAttachedRolePolicies', { RoleName }), 'PolicyArn')
  const managed = async (PolicyArn: string) => {
    const [VersionId = ''] = all(await ask('GetPolicy', { PolicyArn }), 'DefaultVersionId')
    return documentIn(await ask('GetPolicyVersion', { PolicyArn, VersionId }), 'Document')
  }
  const documents = await Promise.all([
    ...inline.map(async (PolicyName) =>
      documentIn(await ask('GetRolePolicy', { RoleName, PolicyName }), 'PolicyDocument'),
    ),
    ...attached.map(managed),
  ])
  const [boundary] = all(role, 'PermissionsBoundaryArn')
  return {
    statements: documents.flat().map(statementOf),
    ...(boundary !== undefined && { boundary: (await managed(boundary)).map(statementOf) }),
    trust: documentIn(role, 'AssumeRolePolicyDocument').flatMap((given) =>
      [(given.Principal as { AWS?: string } | undefined)?.AWS ?? []]
        .flat()
        .map((principal) => ({ principal, statement: statementOf({ ...given, Resource: '*' }) })),
    ),
  }
}

/** As a template may write it: one text for a list of one, no id. */
interface Given {
  readonly Sid?: string
  readonly Effect: Statement['Effect']
  readonly Action: string | readonly string[]
  readonly Resource: string | readonly string[]
  readonly Condition?: Statement['Condition']
  readonly Principal?: unknown
}

function statementOf({ Sid = 'Unnamed', Effect, Action, Resource, Condition }: Given): Statement {
  return { Sid, Effect, Action: [Action].flat(), Resource: [Resource].flat(), ...(Condition && { Condition }) }
}

async function iam(endpoint: string, fields: Record<string, string>): Promise<string> {
  const scope = 'Credential=test/20260101/us-east-1/iam/aws4_request'
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: { authorization: `AWS4-HMAC-SHA256 ${scope}, SignedHeaders=host, Signature=0` },
    body: new URLSearchParams({ Version: '2010-05-08', ...fields }),
  })
  const text = await answer.text()
  if (answer.ok) return text
  throw new Error(`IAM: ${fields['Action']} of ${fields['RoleName'] ?? fields['PolicyArn']}: ${text}`)
}

function all(xml: string, name: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, value = '']) => unescaped(value))
}

/** URL-encoded in XML, or as it is. */
function documentIn(xml: string, name: string): readonly Given[] {
  const [document = ''] = all(xml, name)
  const parsed = JSON.parse(document.startsWith('%') ? decodeURIComponent(document) : document) as {
    Statement: Given[]
  }
  return [parsed.Statement].flat()
}

function unescaped(text: string): string {
  return text
    .replaceAll('&quot;', '"')
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&#34;', '"')
    .replaceAll('&amp;', '&')
}
