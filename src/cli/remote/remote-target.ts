/** Which team a verb talks to: one in the data folder (undefined here), or one behind a URL. Opens no connection. */
import { type Environment, environment } from '../../config.ts'
import { InvalidRequest } from '../../errors.ts'
import type { Options, Parsed } from '../command.ts'
import { placeWords } from '../place-words.ts'
import { hostRegion, isLoopback } from './endpoint-host.ts'
import { readOutputs } from './outputs-file.ts'

export const REMOTE_OPTIONS: Options = {
  endpoint: { type: 'string', hint: 'URL', description: 'A deployed team, or `baton serve`; or BATON_ENDPOINT' },
  outputs: {
    type: 'string',
    hint: 'FILE',
    description: 'A deployed team, by what `cdk deploy --outputs-file FILE` wrote; or BATON_OUTPUTS',
  },
  stack: { type: 'string', hint: 'NAME', description: 'Which stack of the outputs file, where it has several teams' },
  sign: {
    type: 'boolean',
    description:
      'Sign with your AWS credentials where that is not the usual: on this machine, under a domain of your own',
  },
}

export interface RemoteTarget {
  /** Without a slash at its end. */
  readonly url: string
  /** Absent: requests are not signed. */
  readonly signing?: { readonly region: string }
  /** As the outputs file names it. */
  readonly team?: string
  /** What a command to paste needs to come here again, e.g. ` --outputs cdk-outputs.json`. */
  readonly words: string
}

type Values = Parsed['values']

/** @throws InvalidRequest where the words contradict each other or name no place; NotFound for an unknown stack. */
export function remoteTarget(values: Values, variables: Environment = environment()): RemoteTarget | undefined {
  const named = namedPlace(values, variables)
  if (named === undefined) {
    for (const name of ['stack', 'sign']) if (values[name] !== undefined) throw needsPlace(name)
    return undefined
  }
  const { endpoint, outputs } = named
  const stackName = text(values['stack'])
  if (stackName !== undefined && outputs === undefined) throw needsPlace('stack')
  const deployed = outputs === undefined ? undefined : readOutputs(outputs, stackName)
  const url = urlOf(endpoint ?? deployed?.url ?? '')
  const isSigned = values['sign'] === true || isSignedByDefault(url, deployed?.region)
  return {
    url: `${url.origin}${url.pathname.replace(/\/+$/, '')}`,
    ...(isSigned ? { signing: { region: regionFor(url, deployed?.region, variables) } } : {}),
    ...(deployed?.team === undefined ? {} : { team: deployed.team }),
    words: placeWords(values),
  }
}

interface NamedPlace {
  readonly endpoint: string | undefined
  readonly outputs: string | undefined
}

/** What is typed goes before what the environment says. */
function namedPlace(values: Values, variables: Environment): NamedPlace | undefined {
  const typed = { endpoint: text(values['endpoint']), outputs: text(values['outputs']), data: text(values['data']) }
  const typedNames = Object.entries(typed).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`]))
  oneAtMost(typedNames)
  const place = typedNames.length > 0 ? typed : inEnvironment(variables)
  if (place.endpoint === undefined && place.outputs === undefined) return undefined
  if (values['model'] !== undefined) {
    throw new InvalidRequest({
      message: 'A deployed team answers with the model that it was deployed with; --model cannot change it',
      next: 'Leave --model away, or name the data folder with --data DIR to run the team here.',
    })
  }
  return place
}

function inEnvironment({ BATON_ENDPOINT, BATON_OUTPUTS, BATON_DATA }: Environment) {
  const set = { BATON_ENDPOINT, BATON_OUTPUTS, BATON_DATA }
  oneAtMost(Object.entries(set).flatMap(([name, value]) => (value ? [name] : [])))
  return { endpoint: BATON_ENDPOINT || undefined, outputs: BATON_OUTPUTS || undefined }
}

function oneAtMost(names: readonly string[]): void {
  if (names.length <= 1) return
  throw new InvalidRequest({
    message: `${names.join(' and ')} name different places`,
    next: 'Give one: --endpoint or --outputs for a team that runs elsewhere, --data for the runs in a folder here.',
  })
}

function needsPlace(name: string): InvalidRequest {
  return new InvalidRequest({
    message: `--${name} says more about a deployed team, but none is named`,
    next: name === 'stack' ? 'Add --outputs FILE.' : 'Add --endpoint URL or --outputs FILE.',
  })
}

function urlOf(word: string): URL {
  const url = URL.parse(word)
  if (url && /^https?:$/.test(url.protocol) && `${url.username}${url.password}${url.search}${url.hash}` === '')
    return url
  throw new InvalidRequest({
    message: `${JSON.stringify(word)} is no URL of an API`,
    next: 'Give it with its scheme and stage, and without user, query and fragment: https://abc123.execute-api.eu-west-1.amazonaws.com/dev',
  })
}

function isSignedByDefault(url: URL, region: string | undefined): boolean {
  return !isLoopback(url.hostname) && (hostRegion(url.hostname) ?? region) !== undefined
}

/** Emulators take any region. */
const LOOPBACK_REGION = 'us-east-1'

function regionFor(url: URL, deployed: string | undefined, { AWS_REGION, AWS_DEFAULT_REGION }: Environment): string {
  const isLocal = isLoopback(url.hostname)
  if (url.protocol === 'http:' && !isLocal) {
    throw new InvalidRequest({
      message: `${url.origin} is not encrypted: signed requests carry a session token, which anybody on the way could read`,
      next: 'Give the URL with https.',
    })
  }
  const region = hostRegion(url.hostname) ?? deployed ?? (AWS_REGION || AWS_DEFAULT_REGION || undefined)
  if (region !== undefined) return region
  if (isLocal) return LOOPBACK_REGION
  throw new InvalidRequest({
    message: `Signing for ${url.host} needs the region of its API`,
    next: 'Set AWS_REGION, or give --outputs FILE, which names it.',
  })
}

function text(value: Values[string]): string | undefined {
  return typeof value === 'string' ? value : undefined
}
