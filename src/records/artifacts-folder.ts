/** Artifacts in a folder: `runs/<runId>/<sha256>`. Written aside, synced and renamed, so that a file is whole or absent. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { crashPoint } from '../crash-point.ts'
import { InvalidRequest, RecordsUnavailable } from '../errors.ts'
import { RunId, Sha256 } from '../schema/ids.ts'
import { type Artifacts, artifactsOver } from './artifacts.ts'
import { writeWhole } from './whole-file.ts'

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
