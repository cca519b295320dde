/**
 * Secrets of a deployed team, in AWS Secrets Manager as `baton/<team>/<name>`. A client is loaded and a value read
 * when a tool asks for it; kept for a few minutes, so that a rotated one counts soon and calls cost little.
 */
import type { SecretsManagerClientConfig } from '@aws-sdk/client-secrets-manager'
import type { Clock } from '../src/clock.ts'
import { InvalidRequest, NotFound } from '../src/errors.ts'
import { secretIdOf } from '../src/permissions/secret-statements.ts'

export type ReadSecret = (name: string) => Promise<string>

interface Options {
  readonly team: string
  readonly clock: Clock
  /** For an endpoint of one's own. @default what AWS's client finds */
  readonly client?: SecretsManagerClientConfig
}

const KEPT_MS = 5 * 60_000

/**
 * @returns a reader for the credentials of a step, or the function's own. What is kept is this function's, whoever
 * asks.
 */
export function openSecretsManager({
  team,
  clock,
  client = {},
}: Options): (credentials?: SecretsManagerClientConfig['credentials']) => ReadSecret {
  const kept = new Map<string, { readonly value: string; readonly untilMs: number }>()
  return (credentials) => async (name) => {
    const known = kept.get(name)
    const now = clock.now().getTime()
    if (known !== undefined && now < known.untilMs) return known.value
    const value = await readValue(secretIdOf(team, name), { ...client, ...(credentials && { credentials }) })
    kept.set(name, { value, untilMs: now + KEPT_MS })
    return value
  }
}

/** @throws NotFound, InvalidRequest: with what to do, and never with a value. */
async function readValue(SecretId: string, config: SecretsManagerClientConfig): Promise<string> {
  const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager')
  const manager = new SecretsManagerClient(config)
  try {
    const { SecretString } = await manager.send(new GetSecretValueCommand({ SecretId }))
    if (SecretString) return SecretString
  } catch (error) {
    throw translated(error, SecretId)
  } finally {
    manager.destroy()
  }
  throw new InvalidRequest({ message: `the secret ${SecretId} is no text`, next: 'Store it as a SecretString.' })
}

function translated(error: unknown, SecretId: string): Error {
  const { name } = error as Error
  if (name === 'ResourceNotFoundException') {
    return new NotFound({
      message: `there is no secret ${SecretId}`,
      next: `aws secretsmanager create-secret --name ${SecretId} --secret-string file://value.txt`,
      cause: error,
    })
  }
  return new InvalidRequest({
    message: `Secrets Manager did not give ${SecretId}: ${name}`,
    next: "Check that the agent's tool names the secret, deploy again, and look at its key's policy.",
    cause: error,
  })
}
