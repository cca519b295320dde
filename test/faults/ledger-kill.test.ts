/** `kill -9` around each durable write of the ledger, for each kind of effect; then another process resumes the run. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readEffects } from '../../src/api/run-effects.ts'
import { systemClock } from '../../src/clock.ts'
import { openStores } from '../../src/engine/host-stores.ts'
import type { EffectView } from '../../src/schema/effect.ts'
import type { RunId } from '../../src/schema/ids.ts'
import { baton, type Ended, scratch, twoAtATime, writeJson } from '../cli/baton.ts'

const TEAM = join(import.meta.dirname, '../cli/teams/effects.team.ts')

interface Expected {
  /** Times that the tool got as far as the world. */
  readonly acts: number
  /** How often the effect is there. */
  readonly effects: number
  readonly status: EffectView['status']
}

const ONCE: Expected = { acts: 1, effects: 1, status: 'done' }
const AGAIN: Expected = { acts: 2, effects: 1, status: 'done' }
const IN_DOUBT: Expected = { acts: 1, effects: 1, status: 'unknown' }

/** By tool: what is there after a death at each crash point and a resume. */
const MATRIX: Readonly<Record<string, Readonly<Record<string, Expected>>>> = {
  table: each(ONCE, ONCE),
  keyed: each(ONCE, AGAIN),
  // Both acts count, each with a fence of its own: the older one came first.
  fenced: each(ONCE, { acts: 2, effects: 2, status: 'done' }),
  lookup: each(ONCE, ONCE),
  opaque: { ...each(ONCE, IN_DOUBT), 'ledger.claim.after': { acts: 0, effects: 0, status: 'unknown' } },
  doubtful: { 'ledger.doubt.before': IN_DOUBT, 'ledger.doubt.after': IN_DOUBT },
  refused: {
    // It did nothing, but nobody was left to say so.
    'ledger.release.before': IN_DOUBT,
    'ledger.release.after': { acts: 2, effects: 2, status: 'released' },
  },
}

/** @param before Where it dies before it acts, or after it is settled. @param between Where it acted and nobody knows. */
function each(before: Expected, between: Expected): Readonly<Record<string, Expected>> {
  return {
    'ledger.claim.before': before,
    'ledger.claim.after': before,
    'ledger.act.after': between,
    'ledger.settle.before': between,
    'ledger.settle.after': before,
  }
}

const cells = Object.entries(MATRIX).flatMap(([tool, points]) => {
  return Object.entries(points).map(([point, expected]) => ({ tool, point, expected }))
})

it('a run that died at any of them goes on, and each effect is there as its kind promises', async () => {
  const folder = scratch()
  const outcomes = await twoAtATime(cells, (cell) => dieAndResume(folder, cell))
  expect(outcomes).toHaveLength(29)
  for (const { place, died, resumed, found, expected } of outcomes) {
    expect({ place, died, code: resumed.code, stderr: resumed.code === 0 ? '' : resumed.stderr }).toEqual({
      place,
      died: true,
      code: 0,
      stderr: '',
    })
    expect({ place, ...found }).toEqual({ place, ...expected })
  }
}, 300_000)

async function dieAndResume(folder: string, { tool, point, expected }: (typeof cells)[number]) {
  const place = `${tool} ${point}`
  const [data, world] = ['data', 'world'].map((name) => join(folder, place.replace(' ', '-'), name)) as [string, string]
  mkdirSync(world, { recursive: true })
  const lanes = { clerk: [{ toolUses: [{ name: tool, input: {} }] }, { submit: { done: 'yes' } }] }
  const model = `scripted:${writeJson(folder, `${tool}.json`, { agents: lanes })}`
  const words = ['--team', TEAM, '--model', model, '--data', data, '--world', world]
  const first = await baton(['run', ...words, 'q'], { environment: { BATON_CRASH_AT: point } })
  const resumed: Ended = await baton(['resume', 'latest', '--data', data, '--model', model])
  return { place, died: first.signal === 'SIGKILL', resumed, found: await look(tool, data, world), expected }
}

async function look(tool: string, data: string, world: string): Promise<Expected> {
  const stores = openStores({ folder: data, synchronous: 'NORMAL', clock: systemClock })
  try {
    const [run] = (await stores.runs.list({ limit: 1 })).runs
    const reading = { ...stores, clock: systemClock, isHeld: async () => false, now: () => new Date() }
    const { effects: views } = await readEffects(run?.runId as RunId, reading)
    const [view] = views
    if (view === undefined || views.length > 1) throw new Error(`${views.length} effects of ${tool}`)
    const item = await stores.records.get({ partition: 'TOOL#table', sort: 'item' })
    const acts = tool === 'table' ? Number(item?.attributes['version'] ?? 0) : linesOf(join(world, tool)).length
    const keys = readdirSync(world).filter((name) => name.startsWith('keyed-'))
    return { acts, effects: tool === 'keyed' ? keys.length : acts, status: view.status }
  } finally {
    stores.close()
  }
}

function linesOf(file: string): string[] {
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : []
}
