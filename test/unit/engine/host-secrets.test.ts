import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { secretFromEnvironment, secretVariable } from '../../../src/config.ts'
import { openSecrets } from '../../../src/engine/host-secrets.ts'
import { InvalidRequest, NotFound } from '../../../src/errors.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-secrets-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function write(text: string, mode = 0o600): void {
  writeFileSync(join(folder, 'secrets.json'), text)
  chmodSync(join(folder, 'secrets.json'), mode)
}
const variables = (values: Record<string, string>) => (name: string) => secretFromEnvironment(name, values)

it('a secret is a variable, or in the file; the variable comes first', async () => {
  expect(secretVariable('shop/token-2')).toBe('BATON_SECRET_SHOP_TOKEN_2')
  write('{"shop-token": "of the file", "other": "of the file"}')
  const secrets = openSecrets(folder, variables({ BATON_SECRET_SHOP_TOKEN: 'of the variable' }))
  expect(await secrets.read('shop-token')).toBe('of the variable')
  expect(await secrets.read('other')).toBe('of the file')
  expect(secrets.has('third')).toBe(false)
})

it('a change of the file counts at once', async () => {
  const secrets = openSecrets(folder, variables({}))
  expect(secrets.has('a')).toBe(false)
  write('{"a": "1"}')
  expect(await secrets.read('a')).toBe('1')
})

it('a missing one is said, with where to put it', async () => {
  const reading = openSecrets(folder, variables({ BATON_SECRET_A: '' })).read('a')
  await expect(reading).rejects.toThrow(NotFound)
  await expect(reading).rejects.toMatchObject({ next: expect.stringContaining('BATON_SECRET_A') })
})

it.each([0o644, 0o640, 0o604])('a file of mode %o is refused', async (mode) => {
  write('{"a": "canary"}', mode)
  await expect(openSecrets(folder, variables({})).read('a')).rejects.toThrow(/may be read by others/)
})

it.each(['["canary"]', '{"a": 1}', '{"a": canary'])('%s is no file of secrets, and is not quoted', async (text) => {
  write(text)
  const failure = await openSecrets(folder, variables({}))
    .read('a')
    .catch((error: unknown) => error)
  expect(failure).toBeInstanceOf(InvalidRequest)
  expect(String(failure)).not.toContain('canary')
})
