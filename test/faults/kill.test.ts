/** `kill -9` at every named crash point: nothing finished is done again, the report is the same. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { CRASH_POINTS } from '../../src/crash-point.ts'
import type { RunEvent } from '../../src/schema/run-event.ts'
import { baton, eventsOf, scratch, twoAtATime, WORK_TEAM } from '../cli/baton.ts'
import { RENDERED, workScript } from '../cli/scripts.ts'

const TOPICS = 4
/** plan, the topics, the report. */
const STEPS = TOPICS + 2
const TURNS = TOPICS * 2 + 2
const NOTES = TOPICS * 2
/** Steps at work at the same moment, with two calls each. */
const IN_FLIGHT = 3 * 2

/** Arrivals at which to die. Later ones than there are do no harm: then the first process gets to its end. */
const ARRIVALS: Readonly<Record<string, readonly number[]>> = {
  run: [1],
  engine: [1, 4, 9],
  journal: [1, 5],
}

interface Outcome {
  readonly place: string
  readonly died: boolean
  readonly code: number | null
  readonly stdout: string
  readonly events: readonly RunEvent[]
  readonly notes: readonly string[]
}

/** Outputs of this team are too small for artifacts; before the start there is nothing to resume; the others have kill tests of their own. */
const places = CRASH_POINTS.filter(
  (point) =>
    !/^(artifact|run.start.before|run.fork|ledger|budget|breaker|approval|brake|board|message|calibration|memory|bundle|version|release|seal|journal.decision)/.test(
      point,
    ),
).flatMap((point) => (ARRIVALS[point.split('.')[0] ?? ''] ?? [1]).map((arrival) => `${point}:${arrival}`))

describe('kill -9', () => {
  it('at every crash point: the resumed run reports the same and repeats nothing that was recorded', async () => {
    const folder = scratch()
    const model = workScript(folder, { topics: TOPICS })
    const outcomes = await twoAtATime(places, (place) => dieAndResume(folder, model, place))
    const died = outcomes.filter((outcome) => outcome.died)
    expect(died.length).toBeGreaterThan(places.length * 0.9)
    for (const outcome of died) assess(outcome)
  }, 120_000)

  async function dieAndResume(folder: string, model: string, place: string): Promise<Outcome> {
    const [data, log] = [join(folder, place), join(folder, `${place}.txt`)]
    const words = ['--team', WORK_TEAM, '--model', model, '--data', data]
    const first = await baton(['run', ...words, '--log', log, 'q'], { environment: { BATON_CRASH_AT: place } })
    const resumed = await baton(['resume', 'latest', '--data', data, '--model', model])
    const notes = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []
    return { place, died: first.signal === 'SIGKILL', ...resumed, events: await eventsOf(data), notes }
  }

  function assess({ place, code, stdout, events, notes }: Outcome): void {
    if (place.startsWith('run.end.after')) expect({ place, code }).toEqual({ place, code: 4 })
    else expect({ place, code, stdout }).toEqual({ place, code: 0, stdout: RENDERED })
    const turns = events.flatMap((event) => (event.type === 'turn' ? [`${event.stepId} ${event.turn}`] : []))
    expect({ place, turns: turns.length, different: new Set(turns).size }).toEqual({
      place,
      turns: TURNS,
      different: TURNS,
    })
    const ended = events.flatMap((event) => (event.type === 'step.ended' ? [event.stepId] : []))
    expect({ place, ended: ended.length, different: new Set(ended).size }).toEqual({
      place,
      ended: STEPS,
      different: STEPS,
    })
    expect({ place, notes: new Set(notes).size }).toEqual({ place, notes: NOTES })
    expect(notes.length - NOTES, place).toBeLessThanOrEqual(IN_FLIGHT)
    expect(events.at(-1), place).toMatchObject({ type: 'run.ended', status: 'succeeded' })
  }
})
