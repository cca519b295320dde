/** The folder that keeps what host mode needs between runs, and who may write to it. */
import { mkdir, open, readFile, rm, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export function cacheFolder(xdgCacheHome: string | undefined): string {
  return join(xdgCacheHome ?? join(homedir(), '.cache'), 'baton')
}

const POLL_MS = 500
/** A slow network's install; who waits longer does better to start anew. */
const PATIENCE_MS = 20 * 60_000

/**
 * Does something that only one process of this machine should do at a time. A lock whose holder is dead is taken over; should
 * two take it over in the same moment, both go on: what they make is made aside and renamed, so nothing breaks but time.
 */
export async function whileLocked<T>(file: string, waiting: () => void, work: () => Promise<T>): Promise<T> {
  await mkdir(dirname(file), { recursive: true })
  let isOurs = await take(file)
  for (let waited = 0; !isOurs && waited < PATIENCE_MS; waited += POLL_MS) {
    if (waited === 0) waiting()
    await sleep(POLL_MS)
    isOurs = await take(file)
  }
  try {
    return await work()
  } finally {
    if (isOurs) await rm(file, { force: true })
  }
}

async function take(file: string): Promise<boolean> {
  try {
    const handle = await open(file, 'wx')
    await handle.writeFile(String(process.pid))
    await handle.close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const holder = Number(await readFile(file, 'utf8').catch(() => ''))
  // Without a holder: taken this moment, or by a process that was killed in it.
  const isLeft = holder > 0 ? !processLives(holder) : await isOlderThan(file, WRITTEN_WITHIN_MS)
  if (isLeft) await rm(file, { force: true })
  return false
}

/** From making a lock to writing into it. */
const WRITTEN_WITHIN_MS = 10_000

async function isOlderThan(file: string, ageMs: number): Promise<boolean> {
  const found = await stat(file).catch(() => undefined)
  return found !== undefined && Date.now() - found.mtimeMs > ageMs
}

export function processLives(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
