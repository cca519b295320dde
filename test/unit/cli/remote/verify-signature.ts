/** Signature Version 4 as the receiving side checks it, from its specification and `node:crypto` alone. For tests. */
import { createHash, createHmac } from 'node:crypto'

export interface Received {
  readonly method: string
  /** Path and query as they came. */
  readonly target: string
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

export interface Verified {
  readonly accessKeyId: string
  /** `<date>/<region>/<service>/aws4_request` */
  readonly scope: string
  readonly signedHeaders: readonly string[]
  readonly isGenuine: boolean
  readonly expected: string
}

const AUTHORIZATION =
  /^AWS4-HMAC-SHA256 Credential=([^/]+)\/([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/

export function verifySignature({ method, target, headers, body }: Received, secret: string): Verified {
  const [, accessKeyId, scope, names, signature] = AUTHORIZATION.exec(headers['authorization'] ?? '') ?? []
  if (!accessKeyId || !scope || !names || !signature) throw new Error(`not signed: ${headers['authorization']}`)
  const signedHeaders = names.split(';')
  const [path = '/', query = ''] = target.split('?')
  const canonical = [
    method,
    path.split('/').map(encode).join('/'),
    query.split('&').filter(Boolean).map(pairOf).toSorted().join('&'),
    ...signedHeaders.map((name) => `${name}:${(headers[name] ?? '').trim().replaceAll(/\s+/g, ' ')}`),
    '',
    names,
    sha256(body),
  ].join('\n')
  const date = headers['x-amz-date'] ?? ''
  const key = ['AWS4', ...scope.split('/')].reduce<Buffer>(
    (last, part, i) => (i === 0 ? Buffer.from(`AWS4${secret}`) : hmac(last, part)),
    Buffer.alloc(0),
  )
  const expected = hmac(key, ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n')).toString('hex')
  return { accessKeyId, scope, signedHeaders, isGenuine: expected === signature, expected }
}

function pairOf(pair: string): string {
  const [name = '', value = ''] = pair.split('=').map(decodeURIComponent).map(encode)
  return `${name}=${value}`
}

function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`)
}

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const hmac = (key: Buffer, text: string) => createHmac('sha256', key).update(text).digest()
