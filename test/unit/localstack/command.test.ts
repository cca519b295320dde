import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { whileLocked } from '../../../localstack/cache.ts'
import { runCommand } from '../../../localstack/command.ts'
import { recall, remember } from '../../../localstack/instance.ts'
import { fakeLocalStack } from './fake-localstack.ts'

let cache: string
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'cache-'))
  vi.stubEnv('XDG_CACHE_HOME', cache)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await rm(cache, { recursive: true })
})

/** A process with the command line of an instance's guard, and its group's leader. */
async function guard(folder: string) {
  const child = spawn('sh', ['-c', 'read line', 'launcher.py', join(folder, 'settings.json')], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  await once(child, 'spawn')
  return child
}

async function run(...args: string[]) {
  const out: string[] = []
  const err: string[] = []
  const code = await runCommand(args, { out: (text) => out.push(text), err: (text) => err.push(text) })
  return { code, out: out.join('\n'), err: err.join('\n') }
}

describe('baton-localstack', () => {
  it('explains itself', async () => {
    const { code, out } = await run('--help')
    expect(code).toBe(0)
    expect(out).toMatch(/up .*\n\s+status .*\n\s+down /)
    expect(await run('up', '-h')).toMatchObject({ code: 0, out })
  })

  it.each([
    [[], 'One of up, status, down is expected, not nothing.'],
    [['restart'], 'not restart.'],
    [['up', 'down'], 'not up down.'],
    [['up', '--prot', '1'], "Unknown option '--prot'"],
    [['up', '--port', '70000'], '--port is "70000": 1 to 65535 is expected.'],
  ])('refuses %j', async (args, message) => {
    const { code, out, err } = await run(...args)
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(message)
    expect(err).toContain('next  ')
    const asJson = await run(...args, '--json')
    expect(JSON.parse(asJson.err)).toMatchObject({ error: { name: 'InvalidRequest' } })
  })

  it('prints what the environment must be for a LocalStack that runs', async () => {
    const { endpoint, close } = await fakeLocalStack()
    vi.stubEnv('LOCALSTACK_ENDPOINT', endpoint)
    expect(await run('up')).toMatchObject({
      code: 0,
      out: expect.stringContaining(`export AWS_ENDPOINT_URL=${endpoint}\n`),
    })
    const { out } = await run('status', '--json')
    expect(JSON.parse(out)).toMatchObject({ endpoint, mode: 'running', environment: { AWS_ENDPOINT_URL_S3: endpoint } })
    expect(await run('down')).toMatchObject({ code: 0, out: expect.stringContaining('started by somebody else') })
    await close()
  })

  it('does not go elsewhere where the named endpoint is something else', async () => {
    const { endpoint, close } = await fakeLocalStack({ info: 'no' })
    vi.stubEnv('LOCALSTACK_ENDPOINT', endpoint)
    const { code, err } = await run('up')
    expect(code).toBe(1)
    expect(err).toContain(
      `LOCALSTACK_ENDPOINT is ${endpoint}, where no LocalStack can be used: what answers is not LocalStack`,
    )
    await close()
  })

  it('lets one `up` finish before the next looks what runs', async () => {
    const { endpoint, close } = await fakeLocalStack()
    vi.stubEnv('LOCALSTACK_ENDPOINT', endpoint)
    const first = Promise.withResolvers<void>()
    const lock = join(cache, 'baton', 'up.lock')
    const underWay = whileLocked(
      lock,
      () => {},
      () => first.promise,
    )
    await expect.poll(() => existsSync(lock)).toBe(true)
    const err: string[] = []
    const second = runCommand(['up'], { out: () => {}, err: (text) => err.push(text) })
    await expect.poll(() => err).toEqual(['Another `up` is under way; waiting for it.'])
    first.resolve()
    await underWay
    expect(await second).toBe(0)
    await close()
  })

  it('stops no process that is not its own', async () => {
    const ended = { mode: 'host', endpoint: 'http://127.0.0.1:9', folder: join(cache, 'an-instance') } as const
    await remember(join(cache, 'baton'), { ...ended, pid: process.pid })
    expect(await run('down')).toMatchObject({ code: 0, out: 'It had ended already.' })
    const another = await guard(join(cache, 'another-instance'))
    await remember(join(cache, 'baton'), { ...ended, pid: another.pid ?? 0 })
    expect(await run('down')).toMatchObject({ code: 0, out: 'It had ended already.' })
    expect(another.exitCode ?? another.signalCode).toBeNull()
    another.kill('SIGKILL')
  })

  it('neither forgets nor replaces one of its own that lives but does not answer', async () => {
    const folder = join(cache, 'an-instance')
    const own = await guard(folder)
    const ended = once(own, 'exit')
    const instance = { mode: 'host', endpoint: 'http://127.0.0.1:9', folder, pid: own.pid ?? 0 } as const
    await remember(join(cache, 'baton'), instance)
    vi.stubEnv('BATON_LOCALSTACK_MODE', 'host')
    expect(await run('up')).toMatchObject({ code: 1, err: expect.stringContaining('lives, but does not answer') })
    expect(await recall(join(cache, 'baton'))).toEqual(instance)
    expect(await run('down')).toMatchObject({ code: 0, out: 'Stopped LocalStack at http://127.0.0.1:9.' })
    expect(await ended).toEqual([null, 'SIGKILL'])
  })
})
