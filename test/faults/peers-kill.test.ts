/** `kill -9` while a task is passed on, and in the middle of a talk: nobody is asked twice, and the way there is kept. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { baton, eventsOf, scratch, twoAtATime, writeJson } from '../cli/baton.ts'

const TEAM = join(import.meta.dirname, '../cli/teams/peers.team.ts')
const INPUT = JSON.stringify({ question: 'Why is it dark?' })
const PLACES = [
  'journal.start.after:2',
  'journal.outcome.before:2',
  'journal.outcome.after:1',
  'journal.outcome.after:3',
  'journal.outcome.before:5',
  'journal.outcome.after:5',
]

const to = (name: string) => [{ submit: { handoff: { to: name, message: `{% ${name} %}`, reason: `${name} knows` } } }]
const says = (message: string) => [{ submit: { message, agrees: true } }]
const script = {
  agents: {
    'triage@desk*': to('billing'),
    'billing@desk*': to('tech'),
    'tech@desk*': [{ submit: { answer: 'Plug it in.' } }],
    'triage@talk*': says('I agree.'),
    'billing@talk*': says('{% $states %} So do I.'),
    'tech@talk*': says('And I.'),
  },
}

it('resumes where it was, with who passed it on to whom, and the transcript', async () => {
  const folder = scratch()
  const model = `scripted:${writeJson(folder, 'script.json', script)}`
  const outcomes = await twoAtATime(PLACES, async (place) => {
    const data = join(folder, place)
    const words = ['--team', TEAM, '--model', model, '--data', data, '--input', INPUT]
    const first = await baton(['run', ...words], { environment: { BATON_CRASH_AT: place } })
    const resumed = await baton(['resume', 'latest', '--data', data, '--model', model])
    const shown = await baton(['show', 'latest', '--data', data])
    return { place, signal: first.signal, resumed, shown, events: await eventsOf(data) }
  })
  for (const { place, signal, resumed, shown, events } of outcomes) {
    expect({ place, signal }).toEqual({ place, signal: 'SIGKILL' })
    expect({ place, code: resumed.code, stderr: resumed.stderr }).toMatchObject({ place, code: 0 })
    const turns = events.flatMap((event) => (event.type === 'turn' ? [event.stepId] : []))
    expect({ place, turns }).toEqual({ place, turns: STEPS })
    expect(resumed.stdout).toContain('{% $states %} So do I.')
    expect(resumed.stdout).toContain('agreement')
    for (const way of ['to billing: billing knows', 'to tech: tech knows']) expect(shown.stdout).toContain(way)
  }
}, 180_000)

const STEPS = [
  'desk-turns=1/desk-triage',
  'desk-turns=2/desk-billing',
  'desk-turns=3/desk-tech',
  'talk-turns=1/talk-triage',
  'talk-turns=2/talk-billing',
  'talk-turns=3/talk-tech',
]
