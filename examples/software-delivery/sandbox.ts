/**
 * Runs tests in a process of their own: Node's permission model, no environment, bounded time, memory and output. It keeps honest
 * code from harm; it is no wall against code that wants out (see the README).
 */
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as z from 'zod'

export const TestRun = z.strictObject({
  passed: z.boolean().describe('all tests, and at least one'),
  total: z.int(),
  failures: z.array(z.string().max(300)).max(10).describe('test: what went wrong'),
})
export type TestRun = z.infer<typeof TestRun>

const MOST_MS = 20_000
const MOST_MEGABYTES = 128
const MOST_OUTPUT = 256 * 1024
/** In the copy of the project; no path of a project begins so. */
const OWN = '.sandbox'

const Event = z.discriminatedUnion('type', [
  z.object({ type: z.literal('passed') }),
  z.object({ type: z.literal('failed'), name: z.string(), message: z.string() }),
  z.object({ type: z.literal('end') }),
])
type Event = z.infer<typeof Event>

/** @param files Of the project, by path. @param tests Those of them that hold tests. */
export async function runTests(
  files: ReadonlyMap<string, string>,
  tests: readonly string[],
  signal: AbortSignal,
): Promise<TestRun> {
  if (tests.length === 0) return { passed: false, total: 0, failures: ['there are no tests'] }
  const root = realpathSync(mkdtempSync(join(tmpdir(), 'baton-sandbox-')))
  try {
    const mark = randomBytes(16).toString('hex')
    const own = {
      [`${OWN}/guard.mjs`]: GUARD,
      [`${OWN}/reporter.mjs`]: REPORTER.replace('MARK', mark),
      [`${OWN}/entry.mjs`]: tests.map((test) => `await import(${JSON.stringify(`../${test}`)})\n`).join(''),
    }
    for (const [file, text] of [...files, ...Object.entries(own)]) {
      mkdirSync(dirname(join(root, file)), { recursive: true })
      writeFileSync(join(root, file), text)
    }
    return resultOf(await run(root, signal), mark, root)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

interface Ended {
  readonly code: number | null
  readonly output: string
  readonly cut: 'time' | 'output' | undefined
}

function run(root: string, signal: AbortSignal): Promise<Ended> {
  const words = [
    '--permission',
    `--allow-fs-read=${root}/*`,
    `--max-old-space-size=${MOST_MEGABYTES}`,
    '--disable-proto=delete',
    `--import=./${OWN}/guard.mjs`,
    `--test-reporter=./${OWN}/reporter.mjs`,
    '--test-reporter-destination=stdout',
    `${OWN}/entry.mjs`,
  ]
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, words, { cwd: root, env: {}, stdio: ['ignore', 'pipe', 'pipe'], signal })
    let output = ''
    let cut: Ended['cut']
    const end = (why: Ended['cut']) => {
      cut ??= why
      child.kill('SIGKILL')
    }
    const timer = setTimeout(() => end('time'), MOST_MS)
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text
        if (output.length > MOST_OUTPUT) end('output')
      })
    }
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(error)
    })
    child.on('close', (code) => {
      clearTimeout(timer)
      resolve({ code, output, cut })
    })
  })
}

/** Only what comes from the reporter counts, and only to its end: a process that leaves early has passed nothing. */
function resultOf({ code, output, cut }: Ended, mark: string, root: string): TestRun {
  const events = output.split('\n').flatMap((line): Event[] => {
    const at = line.indexOf(mark)
    return at < 0 ? [] : [Event.parse(JSON.parse(line.slice(at + mark.length)))]
  })
  const failed = events.filter((event) => event.type === 'failed')
  const passed = events.filter((event) => event.type === 'passed').length
  const failures = failed.map(({ name, message }) => `${name}: ${message}`)
  const isOver = events.some((event) => event.type === 'end')
  if (cut === 'time') failures.push(`the tests took longer than ${MOST_MS / 1_000} s`)
  else if (cut === 'output') failures.push(`the tests wrote more than ${MOST_OUTPUT} characters`)
  else if (!isOver) failures.push(`the tests ended with code ${code} before they were done: ${lastLines(output, mark)}`)
  else if (code !== 0 && failures.length === 0) failures.push(`the tests ended with code ${code}`)
  const clean = failures.map((text) => text.replaceAll(root, '').replaceAll(/\s+/g, ' ').slice(0, 300))
  return { passed: clean.length === 0 && passed > 0, total: passed + failed.length, failures: clean.slice(0, 10) }
}

function lastLines(output: string, mark: string): string {
  if (output.includes('heap out of memory')) return `it took more than ${MOST_MEGABYTES} MB`
  const lines = output.split('\n').filter((line) => line.trim() !== '' && !line.includes(mark))
  const errors = lines.filter((line) => /^\s*\w*Error\b/.test(line))
  return (errors.length > 0 ? errors : lines).slice(-4).join(' ')
}

/** Node 24's permission model knows nothing of the network: what opens a connection is taken away before the code loads. */
const GUARD = `import dgram from 'node:dgram'
import dns from 'node:dns'
import { syncBuiltinESMExports } from 'node:module'
import net from 'node:net'

function refuse() {
  throw new Error('the sandbox has no network, and no other processes')
}
const fixed = { value: refuse, writable: false, configurable: false }
Object.defineProperty(net.Socket.prototype, 'connect', fixed)
Object.defineProperty(net.Server.prototype, 'listen', fixed)
for (const name of ['bind', 'connect', 'send']) Object.defineProperty(dgram.Socket.prototype, name, fixed)
Object.defineProperty(process, 'kill', fixed)
for (const one of [dns, dns.promises, dns.Resolver.prototype, dns.promises.Resolver.prototype]) {
  for (const name of Object.getOwnPropertyNames(one)) {
    if (/^(lookup|resolve|reverse)/.test(name)) one[name] = refuse
  }
}
syncBuiltinESMExports()
`

const REPORTER = `const say = (event) => '\\nMARK' + JSON.stringify(event) + '\\n'
async function* report(source) {
  for await (const { type, data } of source) {
    if (data?.details?.type === 'suite') continue
    if (type === 'test:pass' && !data.skip && !data.todo) yield say({ type: 'passed' })
    if (type === 'test:fail') {
      const error = data.details.error.cause ?? data.details.error
      yield say({ type: 'failed', name: data.name, message: String(error?.message ?? error) })
    }
  }
  yield say({ type: 'end' })
}
export { report as default }
`
