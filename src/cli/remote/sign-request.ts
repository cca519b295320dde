/** Signature Version 4 for API Gateway. Knows no credentials but those it is given, and sends nothing. */
import { AwsV4Signer } from 'aws4fetch'

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface OutgoingRequest {
  readonly method: 'GET' | 'POST'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

interface Signing {
  readonly region: string
  readonly credentials: Credentials
  readonly now: Date
}

/** API Gateway's name among the services of AWS. */
const SERVICE = 'execute-api'

/** The headers to send, `Authorization` among them. Every header given is covered, but those that proxies rewrite. */
export async function signedHeaders(
  { method, url, headers, body }: OutgoingRequest,
  { region, credentials, now }: Signing,
): Promise<Headers> {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const signer = new AwsV4Signer({
    method,
    url,
    headers: { ...headers },
    ...(body === undefined ? {} : { body }),
    accessKeyId,
    secretAccessKey,
    ...(sessionToken === undefined ? {} : { sessionToken }),
    service: SERVICE,
    region,
    datetime: now.toISOString().replaceAll(/[:-]|\.\d{3}/g, ''),
  })
  return (await signer.sign()).headers
}
