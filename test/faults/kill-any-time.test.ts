/** `kill -9` again and again at random moments, also of the process that resumes, in a run that uses every pattern. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { baton, type Ended, eventsOf, scratch, start, twoAtATime, WORK_TEAM } from '../cli/baton.ts'
import { RENDERED, workScript } from '../cli/scripts.ts'

/** More than an inline Map holds: it becomes distributed. */
const TOPICS = 45
/** Both waits, and the branches beside each other. */
const WORKERS = TOPICS + 2 + 3
const STEPS = WORKERS + 2
const TURNS = WORKERS * 2 + 2
const CALLS_IN_FLIGHT = 20 * 2
const KILLS = 3
const SEEDS = [1, 2, 3, 4]

describe('kill -9 at random moments', () => {
  it('a run with a wait, a repeat, branches, a child and a distributed Map ends as it would have', async () => {
    const folder = scratch()
    const model = workScript(folder, { topics: TOPICS, latencyMs: 10 })
    const outcomes = await twoAtATime(SEEDS, (seed) => killOften(folder, model, seed))
    for (const { seed, ended, kills, events, notes } of outcomes) {
      // A kill may come when the end is recorded already: then there is nothing to resume.
      const expected =
        ended.code === 4 ? { stderr: expect.stringContaining('has succeeded') } : { code: 0, stdout: RENDERED }
      expect({ seed, ...ended }).toMatchObject({ seed, ...expected })
      const turns = events.flatMap((event) => (event.type === 'turn' ? [`${event.stepId} ${event.turn}`] : []))
      expect({ seed, turns: turns.length, different: new Set(turns).size }).toEqual({
        seed,
        turns: TURNS,
        different: TURNS,
      })
      expect({ seed, ended: events.filter((event) => event.type === 'step.ended').length }).toEqual({
        seed,
        ended: STEPS,
      })
      expect({ seed, notes: new Set(notes).size }).toEqual({ seed, notes: WORKERS * 2 })
      expect(notes.length - WORKERS * 2, `seed ${seed}`).toBeLessThanOrEqual(kills * CALLS_IN_FLIGHT)
    }
    expect(outcomes.some(({ kills }) => kills > 1)).toBe(true)
  }, 120_000)
})

async function killOften(folder: string, model: string, seed: number) {
  const [data, log] = [join(folder, `data-${seed}`), join(folder, `log-${seed}.txt`)]
  const random = generator(seed)
  const words = ['--data', data, '--model', model]
  let kills = 0
  let begun = start(['run', '--workflow', 'long', '--team', WORK_TEAM, ...words, '--log', log, 'q'])
  await begun.saw('started: work/long')
  let ended: Ended | undefined
  while (kills < KILLS && ended === undefined) {
    const over = await Promise.race([begun.ended, pause(random() * 1_200)])
    if (over !== undefined) ended = over
    else {
      begun.child.kill('SIGKILL')
      kills += 1
      await begun.ended
      if (kills === KILLS) break
      begun = start(['resume', 'latest', ...words])
      await begun.saw('started: work/long').catch(() => undefined)
    }
  }
  ended ??= await baton(['resume', 'latest', ...words])
  const notes = readFileSync(log, 'utf8').trim().split('\n')
  return { seed, ended, kills, events: await eventsOf(data), notes }
}

function pause(milliseconds: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds, undefined))
}

/** mulberry32: the same moments each time, as far as the machine allows. */
function generator(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
