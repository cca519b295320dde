import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { runCommand } from '../../../localstack/command.ts'
import { remember } from '../../../localstack/instance.ts'
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

  it('stops no process that is not its own', async () => {
    await remember(join(cache, 'baton'), { mode: 'host', endpoint: 'http://127.0.0.1:9', pid: process.pid })
    expect(await run('down')).toMatchObject({ code: 0, out: 'It had ended already.' })
  })
})
