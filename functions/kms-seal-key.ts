/** A key in AWS KMS that signs and that nobody can read: ECC_NIST_P256, SIGN_VERIFY. Loaded when it is needed. */
import { createHash } from 'node:crypto'
import type { KMSClientConfig } from '@aws-sdk/client-kms'
import { Conflict } from '../src/errors.ts'
import type { SealKey } from '../src/schema/run-audit.ts'
import { sha256 } from '../src/schema/sha256.ts'
import { opened } from './lambda.ts'

export interface KmsSealKey {
  /** Its public half. */
  readonly key: () => Promise<SealKey>
  /** @returns base64, DER */
  readonly sign: (text: string) => Promise<string>
}

export function kmsSealKey(KeyId: string, config: KMSClientConfig = {}): KmsSealKey {
  const loaded = opened(async () => {
    const { GetPublicKeyCommand, KMSClient, SignCommand } = await import('@aws-sdk/client-kms')
    return { client: new KMSClient(config), GetPublicKeyCommand, SignCommand }
  })
  return {
    key: opened(async () => {
      const { client, GetPublicKeyCommand } = await loaded()
      const { PublicKey: der } = await client.send(new GetPublicKeyCommand({ KeyId }))
      if (der === undefined) throw nothing(KeyId)
      const base64 = Buffer.from(der)
        .toString('base64')
        .replaceAll(/.{64}(?!$)/g, '$&\n')
      const publicKey = `-----BEGIN PUBLIC KEY-----\n${base64}\n-----END PUBLIC KEY-----\n`
      return { keyId: sha256(der), algorithm: 'ECDSA_SHA_256', publicKey, kind: 'kms' }
    }),
    async sign(text) {
      const { client, SignCommand } = await loaded()
      const Message = createHash('sha256').update(text).digest()
      const command = { KeyId, Message, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' } as const
      const { Signature } = await client.send(new SignCommand(command))
      if (Signature === undefined) throw nothing(KeyId)
      return Buffer.from(Signature).toString('base64')
    },
  }
}

function nothing(key: string): Conflict {
  return new Conflict({
    message: `KMS gave nothing for ${key}`,
    next: 'It is tried again. Check the key if it goes on.',
  })
}
