/**
 * A LocalStack for tests and for trying things out: one that runs, else a container, else host mode. Not responsible for
 * what is deployed to it.
 */
import { homedir } from 'node:os'
import { join } from 'node:path'
import { type LocalstackEnvironment, localstackEnvironment } from '../src/config.ts'
import { cacheFolder } from './cache.ts'
import { dockerAnswers, HOST_NAME, startDocker } from './docker.ts'
import { findJava } from './find-java.ts'
import { findPython } from './find-python.ts'
import { freePort } from './free-port.ts'
import { checkHealth } from './health.ts'
import { startHostMode } from './host-mode.ts'
import { install } from './install.ts'
import { type Instance, recall, stopInstance } from './instance.ts'
import { LocalStackUnavailable } from './localstack-unavailable.ts'
import { logTail } from './log-tail.ts'
import { whatIsMissing } from './what-is-missing.ts'

export interface LocalStack {
  readonly endpoint: string
  readonly region: 'us-east-1'
  /** `running`: it was there before, and stays. */
  readonly mode: 'running' | 'docker' | 'host'
  /** The name by which functions reach a server of this machine, and the address such a server must listen on. */
  readonly host: { readonly fromFunctions: string; readonly listenOn: string }
  readonly logFile: string | undefined
  /** @throws LocalStackUnavailable with the end of its log, where it does not answer any more. */
  assertAlive(): Promise<void>
  /** Where this call started it. Otherwise nothing. */
  stop(): Promise<void>
}

export interface EnsureOptions {
  /** Lives on after this process. @default false: it ends with this process, even where that is killed. */
  readonly detached?: boolean
  /** Whether one that runs already will do. @default true */
  readonly reuse?: boolean
  /** @default a free one */
  readonly port?: number
  /** Gets lines about what takes its time. @default nobody */
  readonly say?: (line: string) => void
  readonly environment?: LocalstackEnvironment
  /** Where `.pyenv` may be. @default the user's home folder */
  readonly home?: string
}

/** LocalStack's own: where an instance that somebody else started most likely is. */
const USUAL_ENDPOINT = 'http://127.0.0.1:4566'

/** @throws LocalStackUnavailable naming what to install, or what went wrong. */
export async function ensureLocalStack(options: EnsureOptions = {}): Promise<LocalStack> {
  const environment = options.environment ?? localstackEnvironment()
  const running = (options.reuse ?? true) ? await findRunning(environment) : undefined
  if (running !== undefined) return running
  return opened(await start(options, environment))
}

/** One that the user names must do; one of ours, or one at the usual place, is taken where it does. */
export async function findRunning(environment: LocalstackEnvironment): Promise<LocalStack | undefined> {
  const named = environment.LOCALSTACK_ENDPOINT?.replace(/\/$/, '')
  if (named !== undefined) {
    const health = await checkHealth(named)
    if (health.healthy) return running(named, health.inContainer)
    throw new LocalStackUnavailable({
      message: `LOCALSTACK_ENDPOINT is ${named}, where no LocalStack can be used: ${health.why}.`,
      next: 'Start LocalStack there, or unset LOCALSTACK_ENDPOINT.',
    })
  }
  const ours = await recall(cacheFolder(environment.XDG_CACHE_HOME))
  for (const endpoint of [ours?.endpoint, USUAL_ENDPOINT]) {
    if (endpoint === undefined) continue
    const health = await checkHealth(endpoint)
    if (health.healthy)
      return running(endpoint, health.inContainer, ours?.endpoint === endpoint ? ours.logFile : undefined)
  }
  return undefined
}

export async function start(options: EnsureOptions, environment: LocalstackEnvironment): Promise<Instance> {
  const { detached = false, say = () => {} } = options
  const mode = environment.BATON_LOCALSTACK_MODE
  if (mode !== 'host' && (await dockerAnswers())) {
    say('Starting LocalStack in Docker (the first time, its image is downloaded).')
    return startDocker({ port: options.port ?? (await freePort()), detached })
  }
  const path = environment.PATH
  const javaHome = environment.JAVA_HOME
  const pyenvRoots = [
    ...(environment.PYENV_ROOT === undefined ? [] : [environment.PYENV_ROOT]),
    join(options.home ?? homedir(), '.pyenv'),
  ]
  const [python, java] = await Promise.all([
    findPython({ path, pyenvRoots }),
    findJava({ path, ...(javaHome === undefined ? {} : { javaHome }) }),
  ])
  if (mode === 'docker' || !('python' in python) || !('java' in java)) throw whatIsMissing({ mode, python, java })
  const cache = cacheFolder(environment.XDG_CACHE_HOME)
  const installed = await install({ cache, python: python.python, mavenUrl: environment.BATON_MAVEN_URL, say })
  say('Starting LocalStack in host mode.')
  const environments = environment.BATON_LOCALSTACK_ENVIRONMENTS
  return startHostMode({ cache, installed, java: java.java, port: options.port, detached, environments, path })
}

function running(endpoint: string, inContainer: boolean, logFile?: string): LocalStack {
  return { ...common(endpoint, inContainer, logFile), mode: 'running', stop: async () => {} }
}

function opened(instance: Instance): LocalStack {
  const { endpoint, mode, logFile } = instance
  const stop = async () => {
    await stopInstance(instance)
  }
  return { ...common(endpoint, mode === 'docker', logFile), mode, stop }
}

function common(endpoint: string, inContainer: boolean, logFile: string | undefined) {
  const host = inContainer
    ? { fromFunctions: HOST_NAME, listenOn: '0.0.0.0' }
    : { fromFunctions: '127.0.0.1', listenOn: '127.0.0.1' }
  const assertAlive = async () => {
    const health = await checkHealth(endpoint)
    if (health.healthy) return
    const log = logFile === undefined ? '' : `\n${await logTail(logFile)}`
    throw new LocalStackUnavailable({
      message: `LocalStack at ${endpoint} is gone: ${health.why}.${log}`,
      next: logFile === undefined ? 'Look at its own log.' : `Read ${logFile}, then run the tests again.`,
    })
  }
  return { endpoint, region: 'us-east-1', host, logFile, assertAlive } as const
}
