/** A client of the team that a target names, with the user's credentials where requests are signed. */
import { systemClock } from '../../clock.ts'
import { openEndpoint } from './endpoint.ts'
import { openRemoteRuns, type RemoteRuns } from './remote-runs.ts'
import type { RemoteTarget } from './remote-target.ts'
import type { Credentials } from './sign-request.ts'

const opened = new Map<string, RemoteRuns>()

/** The same one for the same target, so that what a team is asked about itself is asked once a command. */
export function openRemote({ url, signing }: RemoteTarget): RemoteRuns {
  const key = `${url} ${signing?.region}`
  const known = opened.get(key)
  if (known) return known
  const way = { clock: systemClock, random: Math.random }
  const credentials = signing && credentialsOf(signing.region)
  const endpoint = openEndpoint({
    url,
    ...way,
    ...(signing && credentials && { signing: { ...signing, credentials } }),
  })
  const runs = openRemoteRuns(endpoint, way)
  opened.set(key, runs)
  return runs
}

/** Found when something is to be signed, and not before: looking for them can take a second. */
export function credentialsOf(region: string): () => Promise<Credentials> {
  let provider: (() => Promise<Credentials>) | undefined
  return async () => {
    provider ??= (await import('./aws-credentials.ts')).awsCredentials(region)
    return provider()
  }
}
