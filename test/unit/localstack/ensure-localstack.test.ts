import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ensureLocalStack } from '../../../localstack/ensure-localstack.ts'
import { localstackEnvironment } from '../../../src/config.ts'
import { fakeLocalStack, INFO } from './fake-localstack.ts'
import { fakePython } from './programs.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ensure-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('ensureLocalStack', () => {
  it('takes the one that is named, says where functions find this machine, and notices when it is gone', async () => {
    const { endpoint, close } = await fakeLocalStack({ info: { ...INFO, is_docker: true } })
    const environment = localstackEnvironment({ LOCALSTACK_ENDPOINT: `${endpoint}/`, XDG_CACHE_HOME: folder })
    const localStack = await ensureLocalStack({ environment })
    expect(localStack).toMatchObject({ endpoint, mode: 'running', region: 'us-east-1' })
    expect(localStack.host).toEqual({ fromFunctions: 'host.docker.internal', listenOn: '0.0.0.0' })
    await localStack.assertAlive()
    await localStack.stop()
    await localStack.assertAlive()
    await close()
    await expect(localStack.assertAlive()).rejects.toThrow(`LocalStack at ${endpoint} is gone: no answer (`)
  })

  it('says what to install where host mode cannot be', async () => {
    const python = await fakePython(join(folder, 'bin/python3'), [3, 10])
    const environment = localstackEnvironment({
      ...{ BATON_LOCALSTACK_MODE: 'host', PATH: join(folder, 'bin'), PYENV_ROOT: join(folder, 'none') },
      XDG_CACHE_HOME: folder,
    })
    const error = await ensureLocalStack({ environment, reuse: false, home: folder }).catch((e: unknown) => e)
    expect(error).toMatchObject({
      name: 'LocalStackUnavailable',
      message: expect.stringContaining(`${python} is 3.10`),
    })
  })
})
