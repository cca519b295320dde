import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fetchJars } from '../../../localstack/fetch-jars.ts'
import { LocalStackUnavailable } from '../../../localstack/localstack-unavailable.ts'

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')
const PINS = { 'org/a/1/a-1.jar': sha256('content of a'), 'org/b/2/b-2.jar': sha256('content of b') }

let root: string
let server: Server
let url: string
let asked: string[]
let content: Record<string, string>

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'jars-'))
  asked = []
  content = { '/org/a/1/a-1.jar': 'content of a', '/org/b/2/b-2.jar': 'content of b' }
  server = createServer((request, response) => {
    asked.push(request.url ?? '')
    const text = content[request.url ?? '']
    response.writeHead(text === undefined ? 404 : 200).end(text)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(async () => {
  server.closeAllConnections()
  server.close()
  await rm(root, { recursive: true })
})

const where = (folder = 'jars') => ({ url, store: join(root, 'store'), folder: join(root, folder) })

describe('fetchJars', () => {
  it('puts verified archives side by side, and downloads none twice', async () => {
    await fetchJars(PINS, where('first'))
    await fetchJars(PINS, where('second'))
    expect(asked.toSorted()).toEqual(['/org/a/1/a-1.jar', '/org/b/2/b-2.jar'])
    expect((await readdir(join(root, 'second'))).toSorted()).toEqual(['a-1.jar', 'b-2.jar'])
    expect(await readFile(join(root, 'first/a-1.jar'), 'utf8')).toBe('content of a')
  })

  it('refuses what has another checksum, naming both, and leaves nothing of it', async () => {
    content['/org/b/2/b-2.jar'] = '<html>proxy</html>'
    const error = await fetchJars(PINS, where()).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(LocalStackUnavailable)
    expect((error as Error).message).toBe(
      `${url}/org/b/2/b-2.jar could not be downloaded: its sha256 is ${sha256('<html>proxy</html>')}, expected was ${PINS['org/b/2/b-2.jar']}.`,
    )
    expect(await readdir(join(root, 'jars'))).not.toContain('b-2.jar')
  })

  it('goes on where a failed download was, and mends what was damaged since', async () => {
    content = { '/org/a/1/a-1.jar': 'content of a' }
    await expect(fetchJars(PINS, where())).rejects.toThrow(/the server answered 404/)
    content['/org/b/2/b-2.jar'] = 'content of b'
    asked = []
    await fetchJars(PINS, where())
    expect(asked).toEqual(['/org/b/2/b-2.jar'])
    await writeFile(join(root, 'store/org/a/1/a-1.jar'), 'damaged')
    await fetchJars(PINS, where('mended'))
    expect(await readFile(join(root, 'mended/a-1.jar'), 'utf8')).toBe('content of a')
  })
})
