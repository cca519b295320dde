/** `kill -9` around the writes of a blackboard: the resumed run reports the same, and no task is done twice. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { baton, scratch, twoAtATime, writeJson } from '../cli/baton.ts'

const TEAM = join(import.meta.dirname, '../cli/teams/board.team.ts')
const TASKS = ['t1', 't2', 't3']
const INPUT = JSON.stringify({ tasks: TASKS.map((id) => ({ id })) })

/** Posted, round 1 awarded, round 1 settled, round 2 awarded, round 2 settled. */
const WRITES = [1, 2, 3, 4, 5]
const PLACES = [
  ...WRITES.flatMap((arrival) => [`board.write.before:${arrival}`, `board.write.after:${arrival}`]),
  'journal.decision.before:2',
  'journal.outcome.after:6',
]

const note = { name: 'note', input: { line: 'done' } }
const bid = (confidence: number) => [{ submit: { bids: TASKS.map((task) => ({ task, confidence, note: 'me' })) } }]
const script = {
  agents: {
    'ann@*bid*': bid(1),
    'bob@*bid*': bid(0.5),
    // What ann does not deliver, bob does in the next round.
    'ann@*work:0*': [{ submit: { wrong: true } }],
    ann: [{ toolUses: [note] }, { submit: { done: 'yes' } }],
    bob: [{ toolUses: [note] }, { submit: { done: 'yes' } }],
    reporter: [{ submit: 'all done' }],
  },
}

it('loses nothing and repeats nothing', async () => {
  const folder = scratch()
  const model = `scripted:${writeJson(folder, 'script.json', script)}`
  const outcomes = await twoAtATime(PLACES, async (place) => {
    const [data, log] = [join(folder, place), join(folder, `${place}.txt`)]
    const words = ['--team', TEAM, '--model', model, '--data', data, '--input', INPUT, '--log', log]
    const first = await baton(['run', ...words], { environment: { BATON_CRASH_AT: place } })
    const resumed = await baton(['resume', 'latest', '--data', data, '--model', model])
    const notes = existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []
    return { place, signal: first.signal, resumed, notes }
  })
  for (const { place, signal, resumed, notes } of outcomes) {
    expect({ place, signal }).toEqual({ place, signal: 'SIGKILL' })
    expect({ place, code: resumed.code, stderr: resumed.stderr }).toMatchObject({ place, code: 0 })
    expect(resumed.stdout).toContain('all done')
    expect({ place, notes: notes.length, tasks: new Set(notes).size }).toEqual({ place, notes: 3, tasks: 3 })
  }
}, 180_000)
