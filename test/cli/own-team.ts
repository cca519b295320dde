/** A team file that a test may change. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { WORK_TEAM } from './baton.ts'

/** A copy of a team file, where `baton` and its packages are found; ignored by git. */
export function ownTeam(name: string, of = WORK_TEAM) {
  const source = readFileSync(of, 'utf8')
  const folder = join(import.meta.dirname, 'teams/.baton', `${name}-${process.pid}`)
  mkdirSync(folder, { recursive: true })
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'team.ts')
  const write = (change: (source: string) => string = (source) => source) => writeFileSync(file, change(source))
  write()
  return { file, write }
}
