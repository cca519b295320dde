/**
 * What versions, releases and canaries must do over any adapter of the records port:
 * `for (const { name, run } of VERSIONS_CONTRACT) it(name, () => run(records, 'team-1'))`, each with a team of its own.
 */
import { deepEqual, equal, ok, partialDeepStrictEqual, rejects } from 'node:assert/strict'
import type { Records } from '../../../src/records/records.ts'
import { RunId } from '../../../src/schema/ids.ts'
import type { Run } from '../../../src/schema/run.ts'
import { sha256 } from '../../../src/schema/sha256.ts'
import type { Content, Guard } from '../../../src/schema/versions.ts'
import { openRegistry } from '../../../src/versions/registry.ts'
import { type EndedRun, type NewRelease, openReleases, type Releases } from '../../../src/versions/releases.ts'

export interface VersionsCase {
  readonly name: string
  readonly run: (records: Records, team: string) => Promise<void>
}

export const at = '2026-01-01T00:00:00.000Z'
const why = { by: 'ada', reason: 'a look', at }

export function contentOf(text: string, version = '1.0.0'): Content {
  return { type: 'agent', name: 'writer', version, sha256: sha256(text), spec: { role: text } }
}

/** A release of one agent, whose text is its content. */
export function releaseOf(team: string, text: string, version?: string): NewRelease {
  const content = contentOf(text, version)
  const functionName = `arn:aws:lambda:us-east-1:1:function:writer:${text}`
  const lock = { agents: { writer: { functionName, version: content.version, sha256: content.sha256 } }, workflows: {} }
  return { team, teamSha256: sha256(text), lock, at, contents: [content] }
}

export function endedRun(
  runId: string,
  release: NonNullable<Run['release']>,
  more: { status?: Run['status']; costUsd?: number | null; output?: Run['output'] } = {},
): EndedRun {
  const { status = 'succeeded', costUsd = 0.5, output = { score: 1 } } = more
  const usage = { turns: 1, toolCalls: 0, inputTokens: 1, outputTokens: 1, costUsd }
  return { runId: RunId.parse(runId), status, startedAt: at, endedAt: at, release, usage, output }
}

async function twoReleases(records: Records, team: string): Promise<Releases> {
  const releases = openReleases(records)
  await releases.publish(releaseOf(team, 'one'))
  await releases.publish({ ...releaseOf(team, 'two'), held: true })
  return releases
}

async function canaryWith(records: Records, team: string, guard?: Guard): Promise<Releases> {
  const releases = await twoReleases(records, team)
  await releases.startCanary(team, { release: 2, percent: 20, ...(guard && { guard }), ...why })
  return releases
}

const CANARY = { sequence: 2, arm: 'canary' } as const
const STABLE = { sequence: 1, arm: 'stable' } as const

export const VERSIONS_CONTRACT: readonly VersionsCase[] = [
  {
    name: 'registers 1.0.0, 1.0.1 for changed content, 1.1.0 where that is declared, and the same once',
    async run(records, team) {
      const { register, list } = openRegistry(records)
      const numbers = async (content: Content) =>
        (await register(team, [content], { at })).map(({ version }) => version)
      deepEqual(await numbers(contentOf('a')), ['1.0.0'])
      deepEqual(await numbers(contentOf('b')), ['1.0.1'])
      deepEqual(await numbers(contentOf('c', '1.1.0')), ['1.1.0'])
      deepEqual(await numbers(contentOf('a')), ['1.0.0'])
      deepEqual(await numbers(contentOf('d')), ['1.0.2'])
      await rejects(register(team, [contentOf('e')], { at, strict: true }), { name: 'Conflict' })
      const all = (await list(team)).map(({ version, status, spec }) => [version, status, spec['role']])
      deepEqual(all, [
        ['1.0.0', 'active', 'a'],
        ['1.0.1', 'active', 'b'],
        ['1.0.2', 'active', 'd'],
        ['1.1.0', 'active', 'c'],
      ])
    },
  },
  {
    name: 'overwrites nothing where two register at once: 1.0.1 and 1.0.2',
    async run(records, team) {
      const { register, list } = openRegistry(records)
      await register(team, [contentOf('a')], { at })
      const both = await Promise.all(['b', 'c'].map((text) => register(team, [contentOf(text)], { at })))
      deepEqual(
        both
          .flat()
          .map(({ version }) => version)
          .sort(),
        ['1.0.1', '1.0.2'],
      )
      deepEqual((await list(team)).map(({ sha256 }) => sha256).sort(), ['a', 'b', 'c'].map(sha256).sort())
    },
  },
  {
    name: 'deprecates and archives what starts do not take, for good, with who and why',
    async run(records, team) {
      const releases = openReleases(records)
      const { setStatus, list } = openRegistry(records)
      await releases.publish(releaseOf(team, 'one'))
      await releases.publish(releaseOf(team, 'two'))
      const change = { type: 'agent', name: 'writer', ...why } as const
      for (const status of ['deprecated', 'archived'] as const) {
        await rejects(setStatus(team, { ...change, version: '1.0.1', status }), { name: 'Conflict' })
      }
      await rejects(setStatus(team, { ...change, version: '9.0.0', status: 'archived' }), { name: 'NotFound' })
      partialDeepStrictEqual(await setStatus(team, { ...change, version: '1.0.0', status: 'deprecated' }), {
        kind: 'statusChanged',
        by: 'ada',
        status: { version: '1.0.0', status: 'deprecated' },
      })
      equal(await setStatus(team, { ...change, version: '1.0.0', status: 'deprecated' }), undefined)
      await setStatus(team, { ...change, version: '1.0.0', status: 'archived' })
      await rejects(setStatus(team, { ...change, version: '1.0.0', status: 'active' }), { name: 'Conflict' })
      await rejects(releases.rollback(team, { to: 1, ...why }), { name: 'Conflict' })
      await rejects(releases.publish(releaseOf(team, 'one')), { name: 'Conflict' })
      deepEqual(
        (await list(team)).map(({ status }) => status),
        ['archived', 'active'],
      )
    },
  },
  {
    name: 'rolls back to what starts took before, and forth again, with who and why',
    async run(records, team) {
      const releases = openReleases(records)
      for (const text of ['one', 'two']) await releases.publish(releaseOf(team, text))
      await releases.publish({ ...releaseOf(team, 'held'), held: true })
      const running = await releases.draw(team, 'run-1')
      equal(running?.release.sequence, 2)
      const move = await releases.rollback(team, why)
      deepEqual(move, { revision: 3, kind: 'rolledBack', from: { stable: 2 }, to: { stable: 1 }, ...why })
      const next = await releases.draw(team, 'run-2')
      deepEqual(next?.release.contents, { 'agent/writer': '1.0.0' })
      deepEqual(running?.release.contents, { 'agent/writer': '1.0.1' })
      await rejects(releases.rollback(team, why), { name: 'NotFound' })
      await rejects(releases.rollback(team, { to: 1, ...why }), { name: 'Conflict' })
      await rejects(releases.rollback(team, { to: 9, ...why }), { name: 'NotFound' })
      await releases.rollback(team, { to: 3, ...why })
      equal((await releases.current(team))?.sequence, 3)
      const { moves } = await releases.moves(team)
      deepEqual(
        moves.map(({ kind }) => kind),
        ['rolledBack', 'rolledBack', 'published', 'published'],
      )
    },
  },
  {
    name: 'lets one of two who move the pointer at once win',
    async run(records, team) {
      const releases = openReleases(records)
      for (const text of ['one', 'two', 'three']) await releases.publish(releaseOf(team, text))
      const moved = await Promise.allSettled(
        [1, 2].map((to) => releases.rollback(team, { to, ...why, by: `person ${to}` })),
      )
      const won = moved.flatMap((one) => (one.status === 'fulfilled' ? [one.value.to.stable] : []))
      equal(won.length, 1)
      equal((await releases.pointer(team))?.stable, won[0])
      equal((await releases.moves(team)).moves.length, 4)
    },
  },
  {
    name: 'draws a canary’s share, the same for the same run, until it is promoted or stopped',
    async run(records, team) {
      const releases = await twoReleases(records, team)
      equal((await releases.draw(team, 'run-1'))?.release.sequence, 1)
      await rejects(releases.startCanary(team, { release: 9, percent: 5, ...why }), { name: 'NotFound' })
      await rejects(releases.startCanary(team, { release: 1, percent: 5, ...why }), { name: 'Conflict' })
      for (const percent of [0, 100, 1.5]) {
        await rejects(releases.startCanary(team, { release: 2, percent, ...why }), { name: 'InvalidRequest' })
      }
      await releases.startCanary(team, { release: 2, percent: 50, ...why })
      const ids = Array.from({ length: 20 }, (_, index) => `run-${index}`)
      const drawn = []
      for (const id of ids) drawn.push((await releases.draw(team, id))?.release.sequence)
      deepEqual([...new Set(drawn)].sort(), [1, 2])
      for (const [index, id] of ids.entries()) {
        const { release, arm } = (await openReleases(records).draw(team, id)) ?? {}
        equal(release?.sequence, drawn[index])
        equal(arm, release?.sequence === 2 ? 'canary' : 'stable')
      }
      await releases.publish({ ...releaseOf(team, 'three'), held: true })
      await rejects(releases.startCanary(team, { release: 3, percent: 5, ...why }), { name: 'Conflict' })
      await releases.endCanary(team, { outcome: 'stopped', ...why })
      for (const id of ids) equal((await releases.draw(team, id))?.release.sequence, 1)
      await rejects(releases.endCanary(team, { outcome: 'stopped', ...why }), { name: 'Conflict' })
      await releases.startCanary(team, { release: 2, percent: 1, ...why })
      await releases.endCanary(team, { outcome: 'promoted', ...why })
      deepEqual(await releases.pointer(team), { stable: 2, revision: 5 })
    },
  },
  {
    name: 'ends a canary where a deployment has starts take another release',
    async run(records, team) {
      const releases = await canaryWith(records, team)
      await releases.publish(releaseOf(team, 'three'))
      deepEqual(await releases.pointer(team), { stable: 3, revision: 3 })
      partialDeepStrictEqual((await releases.moves(team)).moves[0], {
        kind: 'published',
        from: { stable: 1, canary: { release: 2, percent: 20 } },
        to: { stable: 3 },
      })
    },
  },
  {
    name: 'counts each run of a canary once, by its arm, and none of before it or of people’s cancelling',
    async run(records, team) {
      const releases = await canaryWith(records, team, { minRuns: 100, score: { path: 'score', least: 0 } })
      const failed = endedRun('run-1', CANARY, { status: 'failed', output: null, costUsd: null })
      for (const run of [failed, failed, endedRun('run-2', CANARY), endedRun('run-3', STABLE)]) {
        await releases.recordRunEnd(team, run)
      }
      await releases.recordRunEnd(team, { ...endedRun('run-4', CANARY), startedAt: '2025-12-31T00:00:00.000Z' })
      await releases.recordRunEnd(team, endedRun('run-5', CANARY, { status: 'cancelled' }))
      await releases.recordRunEnd(team, endedRun('run-6', { sequence: 7, arm: 'canary' }))
      const one = { runs: 1, failed: 0, costUsd: 0.5, priced: 1, score: 1, scored: 1 }
      deepEqual((await releases.pointer(team))?.seen, { stable: one, canary: { ...one, runs: 2, failed: 1 } })
    },
  },
  {
    name: 'stops a canary whose guard is broken, with the rule and the numbers, and no earlier',
    async run(records, team) {
      const releases = await canaryWith(records, team, { minRuns: 4, errorRate: 0.25 })
      const end = (id: number, status: Run['status']) =>
        releases.recordRunEnd(team, endedRun(`run-${id}`, CANARY, { status }))
      for (const id of [1, 2, 3]) equal(await end(id, id === 3 ? 'succeeded' : 'failed'), undefined)
      const move = await end(4, 'succeeded')
      partialDeepStrictEqual(move, {
        kind: 'canaryStopped',
        by: 'guard',
        reason: 'the error rate of 4 runs is 0.5, above 0.25',
        to: { stable: 1 },
        rule: { rule: 'errorRate', value: 0.5, bound: 0.25, canary: { runs: 4, failed: 2 } },
      })
      deepEqual(await releases.pointer(team), { stable: 1, revision: 3 })
      equal(await end(5, 'failed'), undefined)
      ok((await releases.moves(team)).moves.length === 3)
    },
  },
  {
    name: 'stops a canary once where many of its runs end at once',
    async run(records, team) {
      const releases = await canaryWith(records, team, { minRuns: 3, costUsd: 0.1 })
      const runs = Array.from({ length: 6 }, (_, index) => endedRun(`run-${index}`, CANARY))
      const moves = await Promise.all(runs.map((run) => releases.recordRunEnd(team, run)))
      equal(moves.filter((move) => move !== undefined).length, 1)
      equal((await releases.moves(team)).moves.filter(({ kind }) => kind === 'canaryStopped').length, 1)
    },
  },
]
