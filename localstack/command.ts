/** What `baton-localstack` does with its arguments. Words only: the work is in ensure-localstack.ts and instance.ts. */
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { localstackEnvironment } from '../src/config.ts'
import { BatonError, InvalidRequest } from '../src/errors.ts'
import { cacheFolder, whileLocked } from './cache.ts'
import { endpointVariables } from './endpoint-variables.ts'
import { findRunning, start } from './ensure-localstack.ts'
import { freePort } from './free-port.ts'
import { checkHealth } from './health.ts'
import { forget, type Instance, lives, recall, remember, stopInstance } from './instance.ts'
import { LocalStackUnavailable } from './localstack-unavailable.ts'

export interface Streams {
  readonly out: (text: string) => void
  readonly err: (text: string) => void
}

const HELP = `baton-localstack <up|status|down>   A LocalStack on this machine, to deploy to and to test with.

  up       start one, unless one runs, and wait until it is healthy
  status   say what runs; exit code 1 where nothing does
  down     stop the one that \`up\` started, and nothing else

  --port N   where \`up\` listens (4566, or a free port where that is taken)
  --json     print JSON
  --help     print this

It uses, in this order: LOCALSTACK_ENDPOINT, an instance that runs, Docker, or host mode (Python 3.12 or newer, Java 17 or
newer, no Docker). BATON_LOCALSTACK_MODE=docker|host chooses how one is started.
BATON_LOCALSTACK_ENVIRONMENTS=N bounds the processes of one function at a time in host mode. Details: docs/localstack.md`

const USUAL_PORT = 4566
const LARGEST_PORT = 65_535

/** @returns the exit code: 0; 1 where LocalStack cannot be had or does not run; 2 for a wrong command line */
export async function runCommand(args: readonly string[], streams: Streams): Promise<number> {
  let json = args.includes('--json')
  try {
    const { verb, port, help, ...rest } = parse(args)
    json = rest.json
    if (help) return say(streams, HELP)
    if (verb === 'up') return await up(streams, json, port)
    if (verb === 'status') return await status(streams, json)
    return await down(streams, json)
  } catch (error) {
    if (!(error instanceof BatonError)) throw error
    const { name, message, next } = error
    streams.err(json ? JSON.stringify({ error: { name, message, next } }) : `error ${message}\nnext  ${next}`)
    return error instanceof InvalidRequest ? 2 : 1
  }
}

type Verb = 'up' | 'status' | 'down'

function parse(args: readonly string[]) {
  const options = {
    json: { type: 'boolean' },
    help: { type: 'boolean', short: 'h' },
    port: { type: 'string' },
  } as const
  const next = 'baton-localstack --help'
  try {
    const { values, positionals } = parseArgs({ args: [...args], options, allowPositionals: true })
    const { json = false, help = false } = values
    const [verb, ...more] = positionals
    if (help) return { verb: 'status' as Verb, json, help, port: undefined }
    if ((verb !== 'up' && verb !== 'status' && verb !== 'down') || more.length > 0)
      throw new InvalidRequest({
        message: `One of up, status, down is expected, not ${positionals.join(' ') || 'nothing'}.`,
        next,
      })
    return { verb: verb as Verb, json, help, port: values.port === undefined ? undefined : portOf(values.port) }
  } catch (error) {
    if (error instanceof InvalidRequest) throw error
    throw new InvalidRequest({ message: error instanceof Error ? error.message : String(error), next, cause: error })
  }
}

function portOf(text: string): number {
  const port = Number(text)
  if (Number.isInteger(port) && port > 0 && port <= LARGEST_PORT) return port
  throw new InvalidRequest({
    message: `--port is ${JSON.stringify(text)}: 1 to ${LARGEST_PORT} is expected.`,
    next: 'Give another port.',
  })
}

async function up(streams: Streams, json: boolean, port: number | undefined): Promise<number> {
  const cache = cacheFolder(localstackEnvironment().XDG_CACHE_HOME)
  const waiting = () => streams.err('Another `up` is under way; waiting for it.')
  return whileLocked(join(cache, 'up.lock'), waiting, () => upAlone(streams, json, port))
}

/** One at a time: of two instances only the last would be remembered, and the other never be stopped. */
async function upAlone(streams: Streams, json: boolean, port: number | undefined): Promise<number> {
  const environment = localstackEnvironment()
  const cache = cacheFolder(environment.XDG_CACHE_HOME)
  if (environment.LOCALSTACK_ENDPOINT === undefined) await refuseSilent(await recall(cache))
  const running = await findRunning(environment)
  if (running !== undefined) return tell(streams, json, { ...running, mode: 'running' })
  const options = { detached: true, say: streams.err, port: port ?? (await freePort(USUAL_PORT)) }
  const instance = await start(options, environment)
  await remember(cache, instance)
  return tell(streams, json, instance)
}

/** Another one beside it would be remembered in its place, and this one never be stopped. */
async function refuseSilent(own: Instance | undefined): Promise<void> {
  if (own === undefined || !(await lives(own)) || (await checkHealth(own.endpoint)).healthy) return
  throw new LocalStackUnavailable({
    message: `The LocalStack that \`up\` started at ${own.endpoint} lives, but does not answer.`,
    next: 'Wait for it, or stop it with `baton-localstack down`.',
  })
}

interface Told {
  readonly endpoint: string
  readonly mode: string
  readonly logFile?: string | undefined
}

function tell(streams: Streams, json: boolean, { endpoint, mode, logFile }: Told): number {
  if (json) return say(streams, JSON.stringify({ endpoint, mode, logFile, environment: endpointVariables(endpoint) }))
  const exports = Object.entries(endpointVariables(endpoint)).map(([name, value]) => `export ${name}=${value}`)
  const log = logFile === undefined ? [] : [`# log: ${logFile}`]
  return say(streams, [`# LocalStack at ${endpoint} (${mode})`, ...log, ...exports].join('\n'))
}

async function status(streams: Streams, json: boolean): Promise<number> {
  const running = await findRunning(localstackEnvironment())
  if (running !== undefined) return tell(streams, json, running)
  say(streams, json ? JSON.stringify({ mode: 'none' }) : 'No LocalStack runs.')
  return 1
}

async function down(streams: Streams, json: boolean): Promise<number> {
  const cache = cacheFolder(localstackEnvironment().XDG_CACHE_HOME)
  const instance = await recall(cache)
  if (instance === undefined) {
    const elsewhere = await findRunning(localstackEnvironment())
    const words = elsewhere === undefined ? '' : ` The one at ${elsewhere.endpoint} was started by somebody else.`
    return say(streams, json ? JSON.stringify({ stopped: false }) : `There is nothing to stop.${words}`)
  }
  const stopped = await stopInstance(instance)
  await forget(cache)
  const words = stopped ? `Stopped LocalStack at ${instance.endpoint}.` : 'It had ended already.'
  return say(streams, json ? JSON.stringify({ stopped, endpoint: instance.endpoint }) : words)
}

function say(streams: Streams, text: string): number {
  streams.out(text)
  return 0
}
