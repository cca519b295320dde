/** Starts LocalStack as processes of this machine. Not responsible for what they need: install.ts. */
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { availableParallelism, freemem } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Java } from './find-java.ts'
import { freePort } from './free-port.ts'
import { checkHealth } from './health.ts'
import type { Installed } from './install.ts'
import { type Instance, stopInstance } from './instance.ts'
import { LocalStackUnavailable } from './localstack-unavailable.ts'
import { logTail } from './log-tail.ts'
import { hostModeFile } from './package-folder.ts'

interface Start {
  readonly cache: string
  readonly installed: Installed
  readonly java: Java
  /** A free one if absent. */
  readonly port: number | undefined
  /** Lives on after this process, until `down`. */
  readonly detached: boolean
  /** Processes of one function at a time. */
  readonly environments: number | undefined
  readonly path: string
}

const START_PATIENCE_MS = 90_000
const POLL_MS = 100

export async function startHostMode(options: Start): Promise<Instance> {
  const port = options.port ?? (await freePort())
  const folder = await makeFolder(options.cache, port)
  const logFile = join(folder, LOG)
  const log = await open(logFile, 'a')
  const settings = join(folder, 'settings.json')
  await writeFile(settings, JSON.stringify(settingsOf(options, folder)))
  const child = spawn(options.installed.python, [hostModeFile('launcher.py'), settings], {
    cwd: folder,
    env: variables(options, folder, port),
    // Its own process group, so that all of it can be stopped at once.
    detached: true,
    // An open pipe to us is how a test's instance learns that we are gone.
    stdio: [options.detached ? 'ignore' : 'pipe', log.fd, log.fd],
  })
  await log.close()
  const endpoint = `http://127.0.0.1:${port}`
  const pid = child.pid
  const instance: Instance = { mode: 'host', endpoint, folder, logFile, ...(pid === undefined ? {} : { pid }) }
  try {
    await untilHealthy(child, instance)
  } catch (error) {
    await stopInstance(instance)
    throw error
  }
  letGo(child)
  return instance
}

/** This process may end although the child runs. */
function letGo(child: ChildProcess): void {
  child.unref()
  const { stdin } = child
  if (stdin && 'unref' in stdin && typeof stdin.unref === 'function') stdin.unref()
}

async function untilHealthy(child: ChildProcess, { endpoint, logFile = '' }: Instance): Promise<void> {
  let ended: string | undefined
  child.on('error', (error) => {
    ended = error.message
  })
  child.on('exit', (code, signal) => {
    ended = `it ended (${signal ?? code})`
  })
  let why = ''
  for (let waited = 0; waited < START_PATIENCE_MS && ended === undefined; waited += POLL_MS) {
    const health = await checkHealth(endpoint)
    if (health.healthy) return
    why = health.why
    await sleep(POLL_MS)
  }
  throw new LocalStackUnavailable({
    message: `LocalStack did not start: ${ended ?? why}\n${await logTail(logFile)}`,
    next: `Read ${logFile}. If Python packages are damaged, delete the cache folder and try again.`,
  })
}

function settingsOf(options: Start, folder: string): Readonly<Record<string, unknown>> {
  const { installed, java } = options
  const environmentsPerFunction = options.environments ?? bearable()
  return {
    watchStdin: !options.detached,
    folder,
    javaHome: java.home,
    dynamodbFolder: installed.dynamodbFolder,
    jsonataFolder: installed.jsonataFolder,
    node: process.execPath,
    compileCache: join(folder, 'compile-cache'),
    environmentsPerFunction,
    // Idle ones of other functions may stay beside a busy function's, for a team's next step.
    environments: 2 * environmentsPerFunction,
  }
}

/** A function's process takes up to 150 MB, and half of the memory is left to others. Waiting for models takes no processor. */
function bearable(): number {
  const byMemory = Math.floor(freemem() / 2 / 150_000_000)
  return Math.max(4, Math.min(byMemory, 8 * availableParallelism()))
}

/** Nothing of the user's own AWS settings reaches LocalStack. */
function variables({ installed, path }: Start, folder: string, port: number): Readonly<Record<string, string>> {
  return {
    PATH: path,
    HOME: folder,
    LANG: 'C.UTF-8',
    TMPDIR: join(folder, 'tmp'),
    PYTHONUNBUFFERED: '1',
    PYTHONPYCACHEPREFIX: installed.bytecodeFolder,
    GATEWAY_LISTEN: `127.0.0.1:${port}`,
    LOCALSTACK_HOST: `127.0.0.1:${port}`,
    FILESYSTEM_ROOT: join(folder, 'files'),
    // Inside of a container it would write to its absolute paths.
    OVERRIDE_IN_DOCKER: '0',
    DNS_ADDRESS: '0',
    DISABLE_EVENTS: '1',
    SKIP_SSL_CERT_DOWNLOAD: '1',
    DYNAMODB_IN_MEMORY: '1',
    // DynamoDB Local's own streams: the other provider downloads a Kinesis.
    PROVIDER_OVERRIDE_DYNAMODB: 'v2',
    PROVIDER_OVERRIDE_DYNAMODBSTREAMS: 'v2',
    // Cold starts of many processes at once, on a small machine.
    LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT: '120',
    // Whoever waits for a process counts as concurrent: environments.py is the bound.
    LAMBDA_LIMITS_CONCURRENT_EXECUTIONS: '100000',
  }
}

const RUNS = 'runs'
const LOG = 'localstack.log'
/** Logs of earlier instances are kept that long. */
const KEPT_MS = 3 * 24 * 3_600_000

async function makeFolder(cache: string, port: number): Promise<string> {
  const runs = join(cache, RUNS)
  await mkdir(runs, { recursive: true })
  for (const name of await readdir(runs))
    if (await isOld(join(runs, name))) await rm(join(runs, name), { recursive: true })
  const folder = join(runs, `${new Date().toISOString().replaceAll(/[:.]/g, '-')}-${port}`)
  for (const name of ['tmp', 'files', 'code', 'environments']) await mkdir(join(folder, name), { recursive: true })
  return folder
}

/** By the log: an instance that is used writes to it. */
async function isOld(folder: string): Promise<boolean> {
  const log = await stat(join(folder, LOG)).catch(() => undefined)
  return log !== undefined && Date.now() - log.mtimeMs > KEPT_MS
}
