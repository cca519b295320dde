/** Versions, releases and canaries on SQLite, and the maths behind them. */
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { defineMemory } from '../../../src/define/memory.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { openSqliteRecords } from '../../../src/records/sqlite.ts'
import { ArmCount, type Guard } from '../../../src/schema/versions.ts'
import { contentsOf } from '../../../src/versions/contents.ts'
import { armOf } from '../../../src/versions/draw.ts'
import { brokenRule, NO_RUNS, scoreAt } from '../../../src/versions/guard.ts'
import { openReleases } from '../../../src/versions/releases.ts'
import work from '../../cli/teams/work.team.ts'
import { releaseOf, VERSIONS_CONTRACT } from './versions-contract.ts'

const open = () => openSqliteRecords({ path: ':memory:', synchronous: 'NORMAL' })

describe('on SQLite', () => {
  it.each(VERSIONS_CONTRACT.map(({ name, run }) => [name, run] as const))('%s', (_, run) => run(open(), 'work'))
})

it('registers what agents do with memory as part of the agents: two have tools of the same names', () => {
  const space = (name: string) => defineMemory({ name, description: 'What was learnt.' })
  const agent = (name: string) => {
    const own = space(`of-${name}`)
    return defineAgent({
      ...{
        name,
        version: '1.0.0',
        role: 'Clerk',
        goal: 'Keep notes.',
        instructions: 'Keep them.',
        model: { id: 'any' },
      },
      ...{ input: z.string(), output: z.string(), memory: { reads: [own], writes: [own] } },
    })
  }
  const team = defineTeam({ name: 'notes', agents: [agent('anna'), agent('ben')], workflows: [] })
  const contents = contentsOf(team)
  expect(contents.map(({ type, name }) => `${type}/${name}`)).toEqual(['agent/anna', 'agent/ben'])
  expect(contents.map(({ spec }) => spec['memory'])).toEqual([
    { reads: ['of-anna'], writes: ['of-anna'] },
    { reads: ['of-ben'], writes: ['of-ben'] },
  ])
})

it('has a canary of 20 percent take 200 ± 42 of 1,000 starts', () => {
  const taken = Array.from({ length: 1_000 }, (_, seed) => armOf(`run-${seed}`, 20)).filter((arm) => arm === 'canary')
  expect(Math.abs(taken.length - 200)).toBeLessThanOrEqual(42)
})

it('gives who has a canary at 10 percent one at 50 percent too', () => {
  for (let seed = 0; seed < 500; seed += 1) {
    if (armOf(`run-${seed}`, 10) === 'canary') expect(armOf(`run-${seed}`, 50)).toBe('canary')
  }
})

it('reads a pointer of before there were canaries, and moves it', async () => {
  const records = open()
  const { contents: _contents, team, ...old } = releaseOf('work', 'one')
  for (const sequence of [1, 2]) {
    const item = { partition: 'REG#work', attributes: { ...old, sequence } as never }
    const sort = `RELEASE#${String(sequence).padStart(12, '0')}`
    await records.write({ kind: 'put', item: { ...item, sort }, condition: { kind: 'absent' } })
    if (sequence === 2) {
      await records.write({ kind: 'put', item: { ...item, sort: 'CURRENT' }, condition: { kind: 'absent' } })
    }
  }
  const releases = openReleases(records)
  expect(await releases.pointer(team)).toEqual({ stable: 2, revision: 2 })
  const move = await releases.rollback(team, { by: 'ada', reason: 'a look', at: old.at })
  expect(move).toMatchObject({ revision: 3, from: { stable: 2 }, to: { stable: 1 } })
  expect((await releases.current(team))?.sequence).toBe(1)
  expect((await releases.publish(releaseOf(team, 'three'))).sequence).toBe(3)
})

it('tells whoever listens of each move', async () => {
  const told: unknown[] = []
  const releases = openReleases(open(), { onMove: (team, { kind }) => told.push([team, kind]) })
  await releases.publish(releaseOf('work', 'one'))
  await releases.publish(releaseOf('work', 'one'))
  expect(told).toEqual([['work', 'published']])
})

it('lists every agent, tool and workflow of a team with what identifies it', () => {
  const contents = contentsOf(work)
  const names = (type: string) => contents.filter((one) => one.type === type).map(({ name }) => name)
  expect(names('agent')).toEqual(work.agents.map(({ name }) => name as string).sort())
  expect(names('workflow')).toEqual(work.workflows.map(({ name }) => name as string).sort())
  expect(names('tool')).toEqual(work.tools.map(({ name }) => name as string).sort())
  const writer = contents.find(({ name }) => name === 'writer')
  const agent = work.agents.find(({ name }) => name === 'writer')
  expect(writer).toMatchObject({
    version: agent?.version,
    sha256: agent?.sha256,
    spec: { role: agent?.role, model: { id: agent?.model.id }, inputSha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
  })
  expect(JSON.stringify(writer)).not.toContain(agent?.instructions)
})

describe('a guard', () => {
  const count = (more: Partial<ArmCount>) => ArmCount.parse({ ...NO_RUNS, ...more })
  const canary = count({ runs: 10, failed: 2, costUsd: 5, priced: 10, score: 6, scored: 10 })
  const stable = count({ runs: 20, failed: 2, costUsd: 4, priced: 20, score: 18, scored: 20 })

  it.each<[string, Omit<Guard, 'minRuns'>, string | undefined]>([
    ['an error rate at its bound', { errorRate: 0.2 }, undefined],
    ['an error rate above its bound', { errorRate: 0.19 }, 'errorRate'],
    ['a mean cost at its bound', { costUsd: 0.5 }, undefined],
    ['a mean cost above its bound', { costUsd: 0.49 }, 'costUsd'],
    ['a mean score at its bound', { score: { path: 'score', least: 0.6 } }, undefined],
    ['a mean score below its bound', { score: { path: 'score', least: 0.61 } }, 'score'],
    ['twice the stable error rate', { errorRate: { timesStable: 2, plus: 0 } }, undefined],
    ['more than 1.5 times the stable error rate', { errorRate: { timesStable: 1.5, plus: 0 } }, 'errorRate'],
    ['as much, with an amount on top', { errorRate: { timesStable: 1.5, plus: 0.05 } }, undefined],
    ['less than 0.9 of the stable score', { score: { path: 's', least: { timesStable: 0.9, plus: 0 } } }, 'score'],
  ])('judges %s', (_, guard, broken) => {
    expect(brokenRule({ minRuns: 10, ...guard }, { stable, canary })?.rule).toBe(broken)
  })

  it('does not judge by too few runs, nor compare with too few', () => {
    expect(brokenRule({ minRuns: 11, errorRate: 0 }, { stable, canary })).toBeUndefined()
    const guard: Guard = { minRuns: 10, errorRate: { timesStable: 0, plus: 0 } }
    expect(brokenRule(guard, { stable: count({ runs: 9 }), canary })).toBeUndefined()
    expect(brokenRule(guard, { stable: count({ runs: 10 }), canary })?.bound).toBe(0)
  })

  it('finds a score by its path, and nothing where there is no number', () => {
    expect(scoreAt({ review: { score: 0.7 } }, 'review.score')).toBe(0.7)
    expect([scoreAt({ review: 'good' }, 'review.score'), scoreAt(undefined, 'score')]).toEqual([undefined, undefined])
    expect([scoreAt({}, 'constructor.length'), scoreAt({ score: '1' }, 'score')]).toEqual([undefined, undefined])
  })
})
