import { describe, expect, it } from 'vitest'
import { lockfileOfRelease } from '../../../functions/control-surroundings.ts'
import { startHandler } from '../../../functions/start.ts'
import type { Sha256 } from '../../../src/schema/ids.ts'
import { openReleases } from '../../../src/versions/releases.ts'
import { controlDependencies, LOCK, lambdaContext, team } from './support/team.ts'

const RELEASE = { team: team.name, teamSha256: team.sha256 as Sha256, lock: LOCK, at: '2026-01-01T00:00:00.000Z' }

function prepare() {
  const control = controlDependencies()
  const releases = openReleases(control.records)
  const drawLockfile = lockfileOfRelease(team, releases)
  const dependencies = { ...control.dependencies, drawLockfile }
  const start = startHandler({ team }, () => ({ dependencies }))
  return {
    ...control,
    releases,
    drawLockfile,
    start: (workflow: string) => start({ workflow, input: { question: 'What?' } }, lambdaContext()),
  }
}

describe('lockfileOfRelease', () => {
  it('draws the current release', async () => {
    const { releases, drawLockfile } = prepare()
    await releases.publish({ ...RELEASE, lock: { ...LOCK, agents: {} } })
    await releases.publish(RELEASE)
    expect(await drawLockfile('run-1', 'solve')).toEqual({ lock: LOCK, release: { sequence: 2, arm: 'stable' } })
  })

  it('keeps nothing of a run that cannot start: no release yet', async () => {
    const { start, runs, started } = prepare()
    await expect(start('solve')).rejects.toMatchObject({ name: 'Conflict' })
    expect([await runs.list(), started]).toEqual([{ runs: [] }, []])
  })

  it('keeps nothing of a run that cannot start: an agent alone, which is deployed nowhere', async () => {
    const { start, releases, runs, started } = prepare()
    await releases.publish(RELEASE)
    const refused = start('agent-solver')
    await expect(refused).rejects.toMatchObject({ name: 'NotFound', next: 'Name one of: solve' })
    expect([await runs.list(), started]).toEqual([{ runs: [] }, []])
  })
})
