/** Who holds a run: a process on a machine. Lets another process on the same machine see at once that it has died. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import * as z from 'zod'

/** `started` tells a process from a later one with the same id: its start in clock ticks since boot, where the system says. */
const Owner = z.object({ host: z.string(), pid: z.int().positive(), started: z.string().nullable() })
export type Owner = z.infer<typeof Owner>

export function thisProcess(): Owner {
  return { host: hostname(), pid: process.pid, started: statOf(process.pid)?.started ?? null }
}

/** Certain death only: a process of another machine, or one that cannot be asked about, counts as alive. */
export function isDead(owner: unknown): boolean {
  const parsed = Owner.safeParse(owner)
  if (!parsed.success || parsed.data.host !== hostname()) return false
  const { pid, started } = parsed.data
  try {
    process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH'
  }
  const now = statOf(pid)
  // A zombie does nothing any more: where nothing reaps, as in many containers, it would hold its runs for ever.
  return now?.state === 'Z' || (started !== null && now?.started !== started)
}

/** Fields 3 and 22 of /proc/<pid>/stat, where there is such; the name in field 2 may hold blanks and parentheses. */
function statOf(pid: number): { readonly state: string | undefined; readonly started: string | null } | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return { state: fields[0], started: fields[19] ?? null }
  } catch {
    return undefined
  }
}
