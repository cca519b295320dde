import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { EffectUnknown, NotActed } from '../../../src/errors.ts'
import { fileTools } from '../../../src/integrations/file-tools.ts'
import { sha256 } from '../../../src/schema/sha256.ts'
import { contextOf } from './tool-context.ts'

let outside: string
let folder: string
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'baton-files-'))
  folder = join(outside, 'root')
  mkdirSync(join(folder, 'notes'), { recursive: true })
  writeFileSync(join(folder, 'notes/a.md'), 'one\ntwo\nthree\n')
  writeFileSync(join(outside, 'passwords.txt'), 'canary')
  symlinkSync(outside, join(folder, 'out'))
  symlinkSync(join(outside, 'passwords.txt'), join(folder, 'link.txt'))
})
afterEach(() => rmSync(outside, { recursive: true, force: true }))

const tools = () => fileTools({ name: 'notes', root: { folder }, write: {} })
const text = (file: string) => readFileSync(join(folder, file), 'utf8')

describe('reading', () => {
  it('lists files, neither links nor what is ours', async () => {
    await tools().write.run({ file: 'b/c.md', text: 'x' }, contextOf('c'))
    expect(await tools().list.run({ folder: '.' }, contextOf('c'))).toEqual({
      files: [
        { file: 'b/c.md', bytes: 1 },
        { file: 'notes/a.md', bytes: 14 },
      ],
      isCut: false,
    })
  })

  it('gives lines, and records which', async () => {
    const context = contextOf('c')
    const hash = sha256('one\ntwo\nthree\n')
    expect(await tools().read.run({ file: './notes/a.md', startLine: 2, endLine: 9 }, context)).toEqual({
      file: 'notes/a.md',
      startLine: 2,
      endLine: 3,
      lastLineOfFile: 3,
      text: 'two\nthree',
      sha256: hash,
    })
    expect(context.sources).toEqual([{ uri: 'notes/a.md', sha256: hash, lines: [2, 3] }])
  })

  it('by a folder that the operator names', async () => {
    const { read } = fileTools({ name: 'notes', root: { setting: 'notes' } })
    const context = contextOf('c', { settings: { notes: folder } })
    expect(await read.run({ file: 'notes/a.md', startLine: 1, endLine: 1 }, context)).toMatchObject({ text: 'one' })
    expect(read.settings.safeParse({}).success).toBe(false)
  })
})

describe('a path that leads out', () => {
  const names = ['../passwords.txt', '/etc/passwd', 'out/passwords.txt', 'link.txt', 'a/../../passwords.txt', 'C:\\x']
  const odd = ['.baton/calls.db', '.BATON/calls.db', 'a\0b', 'notes\\..\\..\\x']
  it.each([...names, ...odd])('%j is not read, written, appended to or deleted', async (file) => {
    const { read, write, append, delete: remove } = tools()
    await expect(read.run({ file, startLine: 1, endLine: 1 }, contextOf('c'))).rejects.toThrow(NotActed)
    await expect(write.run({ file, text: 'x' }, contextOf('c'))).rejects.toThrow(NotActed)
    await expect(append.run({ file, text: 'x' }, contextOf('c'))).rejects.toThrow(NotActed)
    await expect(remove.run({ file }, contextOf('c'))).rejects.toThrow(NotActed)
    expect(readFileSync(join(outside, 'passwords.txt'), 'utf8')).toBe('canary')
  })
})

describe('a change', () => {
  it('happens once for a call, whatever came after it', async () => {
    const { write, append, delete: remove } = tools()
    const first = await write.run({ file: 'n.md', text: 'first' }, contextOf('call-1'))
    await append.run({ file: 'n.md', text: '+' }, contextOf('call-2'))
    await append.run({ file: 'n.md', text: '+' }, contextOf('call-2', { fence: 2 }))
    expect(await write.run({ file: 'n.md', text: 'first' }, contextOf('call-1', { fence: 2 }))).toEqual(first)
    expect(text('n.md')).toBe('first+')
    await remove.run({ file: 'n.md' }, contextOf('call-3'))
    await write.run({ file: 'n.md', text: 'again' }, contextOf('call-4'))
    await remove.run({ file: 'n.md' }, contextOf('call-3', { fence: 2 }))
    expect(text('n.md')).toBe('again')
    expect(readdirSync(join(folder, '.baton')).filter((name) => !name.startsWith('calls.db'))).toEqual([])
  })

  it('is refused where the file is not as it was read', async () => {
    const { write } = tools()
    const input = { file: 'notes/a.md', text: 'new' }
    await expect(write.run({ ...input, ifSha256: sha256('old') }, contextOf('c'))).rejects.toThrow(/not as it was/)
    await expect(write.run({ ...input, ifSha256: null }, contextOf('c'))).rejects.toThrow(NotActed)
    await write.run({ ...input, ifSha256: sha256('one\ntwo\nthree\n') }, contextOf('c'))
    expect(text('notes/a.md')).toBe('new')
  })

  it('of a folder, of what is not there, or too large, is refused', async () => {
    const { write, delete: remove } = fileTools({ name: 'notes', root: { folder }, write: { mostBytes: 10 } })
    await expect(write.run({ file: 'notes', text: 'x' }, contextOf('c'))).rejects.toThrow(/is no file/)
    await expect(write.run({ file: 'notes/a.md/b', text: 'x' }, contextOf('c'))).rejects.toThrow(NotActed)
    await expect(write.run({ file: 'n', text: 'x'.repeat(11) }, contextOf('c'))).rejects.toThrow(/11 bytes of 10/)
    await expect(remove.run({ file: 'none' }, contextOf('c'))).rejects.toThrow(/is not there/)
    expect(existsSync(join(folder, 'n'))).toBe(false)
  })
})

it('what a later try has refused, no earlier one does', async () => {
  const { delete: remove } = tools()
  await expect(remove.run({ file: 'n.md' }, contextOf('call-1', { fence: 2 }))).rejects.toThrow(NotActed)
  writeFileSync(join(folder, 'n.md'), 'there now')
  await expect(remove.run({ file: 'n.md' }, contextOf('call-1'))).rejects.toThrow(NotActed)
  expect(text('n.md')).toBe('there now')
})

describe('what a dead process left', () => {
  /** Written down, and staged; whether it has happened the folder says. */
  function left(callId: string, kind: string, name: string, size: number, staged?: string): void {
    tools()
    const own = join(folder, '.baton')
    if (staged !== undefined) writeFileSync(join(own, sha256(callId)), staged)
    const database = new DatabaseSync(join(own, 'calls.db'))
    const plan = { kind, name, size, result: { file: name, bytes: 1, sha256: null } }
    database.prepare("INSERT INTO calls VALUES (?, '', ?, 0)").run(callId, JSON.stringify(plan))
    database.close()
  }
  beforeEach(() => tools().write.run({ file: 'n.md', text: 'abc' }, contextOf('call-0')))

  it.each([
    ['nothing of it', 'abc'],
    ['a part of it', 'abcde'],
    ['all of it', 'abcdef'],
  ])('of an append, %s: it is there once', async (_, found) => {
    left('call-1', 'append', 'n.md', 3, 'def')
    writeFileSync(join(folder, 'n.md'), found)
    await tools().append.run({ file: 'n.md', text: '!' }, contextOf('call-2'))
    await tools().append.run({ file: 'n.md', text: 'def' }, contextOf('call-1', { fence: 2 }))
    expect(text('n.md')).toBe('abcdef!')
  })

  it('of a write that happened, nothing is done again', async () => {
    left('call-1', 'write', 'n.md', 3)
    writeFileSync(join(folder, 'n.md'), 'changed by hand')
    await tools().write.run({ file: 'n.md', text: 'x' }, contextOf('call-1', { fence: 2 }))
    expect(text('n.md')).toBe('changed by hand')
  })

  it('of a write that did not, the next call finishes it first', async () => {
    left('call-1', 'write', 'n.md', 3, 'new')
    await tools().append.run({ file: 'n.md', text: '!' }, contextOf('call-2'))
    expect(text('n.md')).toBe('new!')
  })
})

it('that cannot look at its own notes does nothing, but an earlier try may have', async () => {
  const { append } = tools()
  mkdirSync(join(folder, '.baton', 'calls.db'), { recursive: true })
  const input = { file: 'n.md', text: '+' }
  await expect(append.run(input, contextOf('call-1'))).rejects.toThrow(NotActed)
  await expect(append.run(input, contextOf('call-1', { fence: 2 }))).rejects.toThrow(EffectUnknown)
})
