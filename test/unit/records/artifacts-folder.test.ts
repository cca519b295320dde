import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { openFolderArtifacts } from '../../../src/records/artifacts-folder.ts'
import { RunId } from '../../../src/schema/ids.ts'

const runId = RunId.parse('run-1')

function prepare() {
  const folder = mkdtempSync(join(tmpdir(), 'baton-artifacts-'))
  const artifacts = openFolderArtifacts(folder)
  const pathOf = ({ $ref }: { $ref: string }) => join(folder, 'runs', runId, $ref.slice('sha256:'.length))
  return { folder, artifacts, pathOf }
}

describe('openFolderArtifacts', () => {
  it.each([[{ a: ['ä', null] }], ['text'], [null], [[]]])('gives back JSON %j', async (content) => {
    const { artifacts } = prepare()
    expect(await artifacts.get(runId, await artifacts.put(runId, content))).toEqual(content)
  })

  it('gives back bytes, and leaves nothing but the artifact, put once or many times at once', async () => {
    const { folder, artifacts } = prepare()
    const bytes = Uint8Array.from([0, 255, 1])
    const [reference] = await Promise.all(Array.from({ length: 5 }, () => artifacts.put(runId, bytes)))
    if (reference === undefined) throw new Error('five were put')
    expect(reference.bytes).toBe(3)
    expect(new Uint8Array(await artifacts.getBytes(runId, reference))).toEqual(bytes)
    expect(readdirSync(join(folder, 'runs', runId))).toHaveLength(1)
  })

  it('gives the same reference for the same JSON, whatever the order of its keys', async () => {
    const { artifacts } = prepare()
    expect(await artifacts.put(runId, { a: 1, b: 2 })).toEqual(await artifacts.put(runId, { b: 2, a: 1 }))
  })

  it('tells a missing artifact from a damaged one', async () => {
    const { artifacts, pathOf } = prepare()
    const reference = await artifacts.put(runId, { text: 'x'.repeat(100) })
    writeFileSync(pathOf(reference), 'y'.repeat(100))
    await expect(artifacts.get(runId, reference)).rejects.toMatchObject({ name: 'RecordsCorrupt' })
    rmSync(pathOf(reference))
    await expect(artifacts.get(runId, reference)).rejects.toMatchObject({ name: 'NotFound' })
    await expect(artifacts.get(RunId.parse('run-2'), reference)).rejects.toMatchObject({ name: 'NotFound' })
  })

  it('mends an artifact that was cut short when it is put again', async () => {
    const { artifacts, pathOf } = prepare()
    const reference = await artifacts.put(runId, 'content')
    truncateSync(pathOf(reference), 3)
    await artifacts.put(runId, 'content')
    expect(await artifacts.get(runId, reference)).toBe('content')
  })

  it('does not follow a reference out of its folder', async () => {
    const { artifacts } = prepare()
    const $ref = `sha256:${'../'.repeat(10)}etc/passwd` as const
    await expect(artifacts.getBytes(runId, { $ref })).rejects.toMatchObject({ name: 'InvalidRequest' })
  })

  it('says so where the folder cannot be written', async () => {
    const { folder } = prepare()
    writeFileSync(join(folder, 'file'), '')
    const artifacts = openFolderArtifacts(join(folder, 'file'))
    await expect(artifacts.put(runId, 'x')).rejects.toMatchObject({ name: 'RetryableRecordsUnavailable' })
  })
})
