import { describe, expect, it } from 'vitest'
import { signedHeaders } from '../../../../src/cli/remote/sign-request.ts'
import { verifySignature } from './verify-signature.ts'

/** AWS's published test suite for Signature Version 4. */
const SUITE = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const NOW = new Date('2026-11-22T19:05:01.250Z')

describe('verifySignature', () => {
  it('accepts the vector get-vanilla of the suite, and nothing that was changed', () => {
    const headers = {
      host: 'example.amazonaws.com',
      'x-amz-date': '20150830T123600Z',
      authorization:
        'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31',
    }
    const request = { method: 'GET', target: '/', headers, body: '' }
    expect(verifySignature(request, SUITE.secretAccessKey).isGenuine).toBe(true)
    expect(verifySignature({ ...request, body: 'x' }, SUITE.secretAccessKey).isGenuine).toBe(false)
  })
})

describe('signedHeaders', () => {
  it.each([
    ['GET', '/dev/runs?limit=20&after=a%2Fb%2B%20%3D', undefined],
    ['POST', '/dev/runs', '{"workflow":"short","input":"naïve – ünïcode 🙂"}'],
    ['POST', '/prod/runs/20261122-190501-k7mq2a/cancel', ''],
  ] as const)('signs %s %s for API Gateway in the region', async (method, target, body) => {
    const host = 'abc123.execute-api.eu-west-1.amazonaws.com'
    const given = { accept: 'application/json', 'idempotency-key': 'one two', 'content-type': 'application/json' }
    const request = { method, url: `https://${host}${target}`, headers: given, ...(body === undefined ? {} : { body }) }
    const credentials = { ...SUITE, sessionToken: 'the/session+token==' }
    const headers = await signedHeaders(request, { region: 'eu-west-1', credentials, now: NOW })

    const received = { method, target, headers: { ...Object.fromEntries(headers), host }, body: body ?? '' }
    expect(verifySignature(received, SUITE.secretAccessKey)).toMatchObject({
      accessKeyId: 'AKIDEXAMPLE',
      scope: '20261122/eu-west-1/execute-api/aws4_request',
      signedHeaders: ['accept', 'host', 'idempotency-key', 'x-amz-date', 'x-amz-security-token'],
      isGenuine: true,
    })
    expect(headers.get('x-amz-security-token')).toBe('the/session+token==')
    expect(headers.get('content-type')).toBe('application/json')
    expect(verifySignature(received, 'another secret').isGenuine).toBe(false)
  })
})
