/** What runs: one instance of LocalStack that this harness started, remembered between commands. */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { runProgram } from './run-program.ts'

export const Instance = z.object({
  mode: z.enum(['host', 'docker']),
  endpoint: z.string(),
  /** Host mode: of the guard, which leads the process group. */
  pid: z.number().int().positive().optional(),
  /** Docker: the container's name. */
  container: z.string().optional(),
  /** Host mode: all that the instance writes. */
  folder: z.string().optional(),
  logFile: z.string().optional(),
})
export type Instance = z.infer<typeof Instance>

const FILE = 'localstack.json'

export async function remember(cache: string, instance: Instance): Promise<void> {
  await mkdir(cache, { recursive: true })
  const aside = join(cache, `${FILE}.${process.pid}`)
  await writeFile(aside, `${JSON.stringify(instance, null, 2)}\n`)
  await rename(aside, join(cache, FILE))
}

export async function recall(cache: string): Promise<Instance | undefined> {
  try {
    return Instance.parse(JSON.parse(await readFile(join(cache, FILE), 'utf8')))
  } catch {
    return undefined
  }
}

export async function forget(cache: string): Promise<void> {
  await rm(join(cache, FILE), { force: true })
}

/**
 * Stops the instance and nothing else: a process id that has passed to another program is left alone.
 * @returns whether there was something to stop
 */
export async function stopInstance(instance: Instance): Promise<boolean> {
  const { container, pid, folder } = instance
  let stopped = false
  if (container !== undefined) {
    const removed = await runProgram('docker', ['rm', '--force', container], { timeoutMs: DOCKER_PATIENCE_MS })
    stopped = removed.code === 0
  }
  if (pid !== undefined && (await lives(instance))) {
    killGroup(pid)
    stopped = true
  }
  if (folder !== undefined) await clear(folder)
  return stopped
}

/** The log stays: it may say why a test failed. */
async function clear(folder: string): Promise<void> {
  for (const name of ['tmp', 'files', 'code', 'environments', 'compile-cache'])
    await rm(join(folder, name), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
}

const DOCKER_PATIENCE_MS = 60_000

/** Host mode: whether the guard of this very instance runs. Its command line names the instance's folder. */
export async function lives({ pid, folder }: Instance): Promise<boolean> {
  if (pid === undefined || folder === undefined) return false
  const command = await commandLine(pid)
  return command.includes('launcher.py') && command.includes(folder)
}

/** Empty where there is no such process. Small images of Linux lack `ps`. */
async function commandLine(pid: number): Promise<string> {
  const told = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => undefined)
  if (told !== undefined) return told
  const { code, output } = await runProgram('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { timeoutMs: 5_000 })
  return code === 0 ? output : ''
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}
