import { generateKeyPairSync, sign, verify } from 'node:crypto'
import { expect, it } from 'vitest'
import { kmsSealKey } from '../../../functions/kms-seal-key.ts'
import { keyIdOf } from '../../../src/audit/seal.ts'
import { awsService } from './support/aws-service.ts'

it('asks for a signature over the hash of a text, and once for the public key', async () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const der = publicKey.export({ type: 'spki', format: 'der' })
  const service = await awsService(({ operation }) => ({
    headers: { 'content-type': 'application/x-amz-json-1.1' },
    body:
      operation === 'GetPublicKey'
        ? { PublicKey: der.toString('base64') }
        : { Signature: sign('sha256', Buffer.from('text'), privateKey).toString('base64') },
  }))
  const kms = kmsSealKey('arn:aws:kms:us-east-1:1:key/k', service.config)

  const signature = await kms.sign('text')
  const [key] = await Promise.all([kms.key(), kms.key()])
  service.close()

  expect(verify('sha256', Buffer.from('text'), key.publicKey, Buffer.from(signature, 'base64'))).toBe(true)
  expect(key).toMatchObject({ algorithm: 'ECDSA_SHA_256', kind: 'kms', keyId: keyIdOf(key.publicKey) })
  expect(key.publicKey).toBe(String(publicKey.export({ type: 'spki', format: 'pem' })))
  expect(service.asked.map(({ operation }) => operation)).toEqual(['Sign', 'GetPublicKey'])
  expect(JSON.parse(service.asked[0]?.body ?? '')).toEqual({
    KeyId: 'arn:aws:kms:us-east-1:1:key/k',
    Message: 'mC2ePrmW9VnmM/TRlN7zdh2Qn1o7ZH0ahR/q1nwyydE=',
    MessageType: 'DIGEST',
    SigningAlgorithm: 'ECDSA_SHA_256',
  })
})
