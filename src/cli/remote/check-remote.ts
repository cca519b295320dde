/** What `baton doctor` looks at of a team that runs elsewhere. Starts nothing there. */
import { InvalidRequest } from '../../errors.ts'
import { plural } from '../format.ts'
import { credentialsOf, openRemote } from './open-remote.ts'
import type { RemoteTarget } from './remote-target.ts'

interface Look {
  readonly what: string
  /** What was found. @throws what is at fault, with what to do about it */
  readonly look: () => Promise<string>
}

/** In the order in which one needs the other. */
export function remoteLooks(target: RemoteTarget): readonly Look[] {
  const { url, signing, team } = target
  const runs = openRemote(target)
  return [
    ...(signing === undefined ? [] : [{ what: 'keys', look: () => describeCredentials(signing.region) }]),
    {
      what: 'api',
      async look() {
        const began = performance.now()
        await runs.health()
        const how = signing === undefined ? 'not signed' : `signed for ${signing.region}`
        return `${url} answers in ${Math.round(performance.now() - began)} ms, ${how}`
      },
    },
    {
      what: 'team',
      async look() {
        const described = await runs.describeWorkflows()
        if (team !== undefined && described.team !== team) {
          throw new InvalidRequest({
            message: `The outputs file says that team ${team} runs at ${url}; what answers is team ${described.team}`,
            next: 'Write the file again: npx cdk deploy --outputs-file FILE',
          })
        }
        const names = described.workflows.map(({ name, version }) => `${name}@${version}`).join(', ')
        return `${described.team}: ${plural(described.workflows.length, 'workflow')} (${names})`
      },
    },
  ]
}

/** Who they are, without what is secret about them. */
async function describeCredentials(region: string): Promise<string> {
  const { accessKeyId, sessionToken } = await credentialsOf(region)()
  const kind = sessionToken === undefined ? 'long-lived' : 'of a session'
  return `${accessKeyId.slice(0, 4)}…${accessKeyId.slice(-4)}, ${kind}`
}
