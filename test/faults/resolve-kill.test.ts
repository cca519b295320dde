/** `kill -9` in the middle of a vote and around its record: nobody votes twice, and what is decided counts once. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { openSqliteRecords } from '../../src/records/sqlite.ts'
import { baton, eventsOf, scratch, twoAtATime, writeJson } from '../cli/baton.ts'

const TEAM = join(import.meta.dirname, '../cli/teams/panel.team.ts')
const INPUT = JSON.stringify({ claim: 'It floats.' })
const PLACES = [
  'journal.start.after:2',
  'journal.outcome.before:2',
  'journal.outcome.after:1',
  'journal.outcome.after:3',
  'journal.decision.before:1',
  'journal.decision.after:1',
  'calibration.write.before',
  'calibration.write.after',
  'journal.decision.before:2',
  'journal.decision.after:2',
]

const says = (verdict: string, confidence: number) => [{ submit: { verdict, confidence, reason: `I say ${verdict}.` } }]
const script = {
  agents: { critic: says('publish', 0.95), checker: says('publish', 0.9), lawyer: says('reject', 0.7) },
}

it('resumes to the same decision', async () => {
  const folder = scratch()
  const model = `scripted:${writeJson(folder, 'script.json', script)}`
  const outcomes = await twoAtATime(PLACES, async (place) => {
    const data = join(folder, place)
    const words = ['--team', TEAM, '--model', model, '--data', data, '--input', INPUT]
    const first = await baton(['run', ...words], { environment: { BATON_CRASH_AT: place } })
    const resumed = await baton(['resume', 'latest', '--data', data, '--model', model])
    return { place, signal: first.signal, resumed, events: await eventsOf(data), record: await calibration(data) }
  })
  for (const { place, signal, resumed, events, record } of outcomes) {
    expect({ place, signal }).toEqual({ place, signal: 'SIGKILL' })
    expect({ place, code: resumed.code, stderr: resumed.stderr }).toMatchObject({ place, code: 0 })
    const turns = events.flatMap((event) => (event.type === 'turn' ? [event.stepId] : []))
    expect({ place, turns: turns.sort() }).toEqual({ place, turns: VOTES })
    const decisions = events.flatMap((event) => (event.type === 'decision' ? [`${event.rule}: ${event.reason}`] : []))
    const decided = 'confidence: "publish" as critic, checker said, ahead by 0.635; against: lawyer "reject"'
    expect({ place, decisions }).toEqual({
      place,
      decisions: [`rule.resolve.weigh: ${decided}`, `rule.resolve: ${decided}`],
    })
    expect({ place, record }).toEqual({ place, record: { checker: [1, 1], critic: [1, 1], lawyer: [1, 0] } })
  }
}, 180_000)

const VOTES = ['check-checker', 'check-critic', 'check-lawyer']

/** Of each agent: decisions, and in how many it agreed. */
async function calibration(data: string) {
  const records = openSqliteRecords({ path: join(data, 'records.db'), synchronous: 'NORMAL' })
  try {
    const { items } = await records.query('CALIBRATION#panel')
    return Object.fromEntries(
      items.map(({ sort, attributes }) => [sort, [attributes['decisions'], attributes['agreed']]]),
    )
  } finally {
    records.close()
  }
}
