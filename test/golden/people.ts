/** A workflow in which people take part, and whose effects can be undone. */
import * as z from 'zod'
import { defineAgent } from '../../src/define/agent.ts'
import { eq } from '../../src/define/expressions.ts'
import { choose, compensate, forEach, from, parallel, sequence, step, when } from '../../src/define/patterns.ts'
import { approve, days, hours, minutes, person } from '../../src/define/people.ts'
import { defineTool } from '../../src/define/tool.ts'
import { defineWorkflow } from '../../src/define/workflow.ts'

const book = defineTool({
  name: 'book',
  description: 'Books a room.',
  input: z.object({ room: z.string() }),
  output: z.object({ booking: z.string() }),
  effect: 'keyed',
  approval: { when: (input) => input.room === 'ballroom', role: 'manager', expiresSeconds: hours(4) },
  run: async ({ room }) => ({ booking: room }),
  undo: async () => {},
})

export const booker = defineAgent({
  name: 'booker',
  version: '1.0.0',
  role: 'Booker',
  goal: 'Books rooms.',
  instructions: 'Book what is asked for.',
  model: { id: 'any' },
  tools: [book],
  asks: true,
  oversight: { role: 'planner', expiresSeconds: days(1) },
  input: z.object({ room: z.string() }),
  output: z.object({ booking: z.string() }),
})

const Review = z.object({ verdict: z.enum(['good', 'bad']), note: z.string().max(500) })

export const people = defineWorkflow({
  name: 'people',
  version: '1.0.0',
  input: z.object({ rooms: z.array(z.string()), event: z.string() }),
  output: z.unknown(),
  limits: { seconds: days(30) },
  steps: ({ run }) => {
    const rooms = forEach(
      'rooms',
      run.input.rooms,
      (room) => sequence(step('book', booker, { input: { room } }), approve('each', { expires: minutes(30) })),
      { max: 3 },
    )
    const review = person('review', {
      role: 'editor',
      input: { rooms, event: run.input.event },
      output: Review,
      expires: days(2),
      otherwise: { verdict: 'bad', note: 'nobody looked' },
    })
    const both = parallel('both', {
      catering: step('cater', booker, { input: { room: 'kitchen' }, otherwise: { booking: 'none' } }),
      decision: approve('publish', {
        role: 'editor',
        quorum: 2,
        expires: days(3),
        escalate: [{ afterSeconds: days(1), role: 'chief' }],
        onExpiry: 'approve',
        otherwise: null,
      }),
    })
    const trip = compensate(
      'trip',
      sequence(rooms, review, choose('kept', [when(eq(from(review).verdict, 'good'), both)])),
    )
    return sequence(trip, approve('close', { role: 'editor', input: { trip }, requesterMayApprove: true }))
  },
})
