import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readScript } from '../../../src/models/script.ts'
import { scriptedModel } from '../../../src/models/scripted.ts'

const folder = mkdtempSync(join(tmpdir(), 'baton-script-'))

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe('readScript', () => {
  it('reads what a scripted model plays', async () => {
    const path = file('ok.json', JSON.stringify({ agents: { writer: [{ fail: 'throttled' }, { submit: { n: 1 } }] } }))

    const model = scriptedModel(readScript(path), { source: path })

    expect(model.description).toContain(path)
    expect(() => model.assertDone()).toThrow(/writer, any step: 2 for turns 1, 1/)
  })

  it.each([
    ['neither', { agents: { a: [{}] } }, /agents\.a\.0\.text: a reply has either/],
    ['both', { agents: { a: [{ text: 'x', fail: 'garbage' }] } }, /agents\.a\.0\.fail/],
    ['unknown failure', { agents: { a: [{ fail: 'explodes' }] } }, /agents\.a\.0\.fail/],
    ['misspelt field', { agents: { a: [{ txt: 'x' }] } }, /unknown field txt/],
    ['bad key', { agents: { 'A B': [{ text: 'x' }] } }, /agents\.A B: a key is an agent/],
    ['no replies', { agents: { a: [] } }, /agents\.a/],
    ['retryAfterMs of a success', { agents: { a: [{ text: 'x', retryAfterMs: 5 }] } }, /retryAfterMs/],
    ['no agents', {}, /agents/],
  ])('refuses %s with path and remedy', (name, value, fault) => {
    const path = file(`${name}.json`, JSON.stringify(value))

    expect(() => readScript(path)).toThrow(fault)
    expect(() => readScript(path)).toThrow(expect.objectContaining({ name: 'InvalidDefinition' }))
  })

  it('says so when the file is missing or no JSON', () => {
    expect(() => readScript(join(folder, 'none.json'))).toThrow(/could not be read[\s\S]*ENOENT/)
    expect(() => readScript(file('cut.json', '{"agents":'))).toThrow(
      expect.objectContaining({ name: 'InvalidRequest' }),
    )
  })
})
