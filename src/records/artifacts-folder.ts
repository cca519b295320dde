/** Artifacts in a folder: `runs/<runId>/<sha256>`. Written aside, synced and renamed, so that a file is whole or absent. */
import { randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { crashPoint } from '../crash-point.ts'
import { InvalidRequest, RecordsUnavailable } from '../errors.ts'
import { RunId, Sha256 } from '../schema/ids.ts'
import { type Artifacts, artifactsOver } from './artifacts.ts'

export function openFolderArtifacts(folder: string): Artifacts {
  return artifactsOver({
    async write(runId, sha256, bytes) {
      const path = pathOf(folder, runId, sha256)
      await attempt(path, 'written', async () => {
        if ((await sizeOf(path)) === bytes.byteLength) return
        crashPoint('artifact.put.before')
        await writeWhole(path, bytes)
        crashPoint('artifact.put.after')
      })
    },
    async read(runId, sha256) {
      const path = pathOf(folder, runId, sha256)
      return attempt(path, 'read', () => readFile(path).catch(absent))
    },
  })
}

/** Parsed again here: a reference may come from a model's output, and must not lead out of the folder. */
function pathOf(folder: string, runId: string, sha256: string): string {
  const parsed = { runId: RunId.safeParse(runId), sha256: Sha256.safeParse(sha256) }
  if (parsed.runId.success && parsed.sha256.success) return join(folder, 'runs', parsed.runId.data, parsed.sha256.data)
  throw new InvalidRequest({
    message: `${JSON.stringify(sha256)} of run ${JSON.stringify(runId)} names no artifact`,
    next: 'Give a run id and a reference that `put` returned.',
  })
}

async function writeWhole(path: string, bytes: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  const aside = `${path}.${randomUUID()}`
  try {
    const file = await open(aside, 'wx')
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(aside, path)
    await syncFolder(dirname(path))
  } catch (error) {
    await unlink(aside).catch(absent)
    throw error
  }
}

/** Without it a power loss may undo the rename. Windows opens no folders, and needs none of this. */
async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return
  const folder = await open(path)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(absent))?.size
}

function absent(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}

async function attempt<T>(path: string, verb: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (cause) {
    throw new RecordsUnavailable({
      message: `${path} cannot be ${verb}: ${(cause as Error).message}`,
      next: 'Check free disk space and the rights on the data folder, then resume the run.',
      cause,
    })
  }
}
