/** The rules of `adaptive` on random graphs: nobody outside the envelope, no dependency overtaken, an end for every shape. */
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { adaptiveCheck } from '../../../src/coordination/adaptive-check.ts'
import { adaptiveClose, adaptiveJudge } from '../../../src/coordination/adaptive-judge.ts'
import { adaptiveRoute, adaptiveSettle } from '../../../src/coordination/adaptive-work.ts'
import {
  type AdaptiveState,
  type LayerState,
  MOST_SHAPES,
  type SynthesisInput,
  type TaskPlan,
} from '../../../src/schema/adaptation.ts'

const MEMBERS = ['ann', 'bob']
const ENVELOPE = { parts: 12, depth: 6, width: 6 }
const COUPLINGS = ['none', 'weak', 'strong', 'critical'] as const

function plans(agents: readonly string[]): fc.Arbitrary<TaskPlan> {
  return fc.integer({ min: 1, max: 14 }).chain((size) =>
    fc
      .record({
        agents: fc.array(fc.constantFrom(...agents), { minLength: size, maxLength: size }),
        edges: fc.uniqueArray(
          fc.record({ from: fc.nat(size - 1), to: fc.nat(size - 1), coupling: fc.constantFrom(...COUPLINGS) }),
          { maxLength: 24, selector: ({ from, to }) => `${from} ${to}` },
        ),
      })
      .map((made) => {
        const edges = made.edges
          .filter(({ from, to }) => from < to)
          .map(({ from, to, coupling }) => ({ from: `p${from}`, to: `p${to}`, coupling }))
        const parts = made.agents.map((agent, index) => {
          const named = edges.filter(({ to }) => to === `p${index}`).map(({ from }) => ` \${${from}}`)
          return { id: `p${index}`, agent, objective: `Do ${index}${named.join('')}`, weight: 1 }
        })
        return { parts, edges, reason: 'random' }
      }),
  )
}

const START: AdaptiveState = {
  ...{ isOver: false, answer: null, unresolved: false, coupling: null, round: 0, last: null },
}

function outputOf<T>(decision: { readonly output: T } | { readonly stopped: { readonly reason: string } }): T {
  if ('stopped' in decision) throw new Error(decision.stopped.reason)
  return decision.output
}

function check(plan: TaskPlan) {
  return adaptiveCheck.decide({ plan, attempt: 3 }, { members: MEMBERS, envelope: ENVELOPE, repairs: 2 })
}

/** Every layer of one shape; each part gives its own id. */
function runShape(plan: TaskPlan, state: AdaptiveState, mode: 'strict' | 'paper', hasLead: boolean) {
  const checked = { isAccepted: true, plan, refused: null }
  const options = { mode, hasLead, width: ENVELOPE.width }
  let layers: LayerState = outputOf(adaptiveRoute.decide({ checked, state, request: '' }, options))
  const ran: string[][] = []
  while (!layers.isOver) {
    ran.push(layers.next.map(({ id }) => id))
    const outputs = layers.next.map(({ id }) => ({ text: `only ${id}` }))
    layers = outputOf(adaptiveSettle.decide({ checked, state: layers, request: '', outputs }))
  }
  return { checked, options, layers, ran }
}

it('lets no member run that is not declared, and nothing beyond the envelope', () => {
  fc.assert(
    fc.property(plans([...MEMBERS, 'admin']), fc.constantFrom('strict' as const, 'paper' as const), (plan, mode) => {
      const verdict = check(plan)
      const isOutside = plan.parts.length > ENVELOPE.parts || plan.parts.some(({ agent }) => !MEMBERS.includes(agent))
      if ('stopped' in verdict) return
      expect(isOutside).toBe(false)
      const { ran, layers } = runShape(plan, START, mode, true)
      expect(ran.flat().sort()).toEqual(plan.parts.map(({ id }) => id).sort())
      expect(ran.length).toBeLessThanOrEqual(Math.max(ENVELOPE.depth, Math.ceil(ENVELOPE.parts / ENVELOPE.width)))
      expect(Math.max(...ran.map(({ length }) => length))).toBeLessThanOrEqual(ENVELOPE.width)
      expect(layers.results.map(({ agent }) => agent).every((agent) => MEMBERS.includes(agent))).toBe(true)
      if (mode === 'paper') return
      const layerOf = (id: string) => ran.findIndex((layer) => layer.includes(id))
      for (const { from, to, coupling } of plan.edges) {
        if (coupling === 'strong' || coupling === 'critical') expect(layerOf(from)).toBeLessThan(layerOf(to))
      }
    }),
    { numRuns: 500 },
  )
})

it('ends with an arbiter that always disagrees, after as many shapes as the machine has room for', () => {
  fc.assert(
    fc.property(
      plans(MEMBERS),
      fc.constantFrom('strict' as const, 'paper' as const),
      fc.boolean(),
      (plan, mode, led) => {
        if ('stopped' in check(plan)) return
        let state = START
        let shapes = 0
        while (!state.isOver) {
          shapes += 1
          expect(shapes).toBeLessThanOrEqual(MOST_SHAPES)
          const { checked, options, layers } = runShape(plan, state, mode, led)
          const parts = layers.results.map(({ id, agent, objective, output }) => ({ id, agent, objective, output }))
          const compared: SynthesisInput = {
            ...{ request: '', how: 'arbitrate', topology: layers.topology, consistency: 0, parts, gaps: [] },
          }
          const given = { checked, layers, compared, answer: 'elsewhere' }
          state = outputOf(adaptiveJudge.decide(given, { ...options, agreement: 0.6, reroutes: 5 }))
        }
        const { last } = state
        if (last === null) throw new Error('nothing ran')
        const outcome = outputOf(adaptiveClose.decide({ state: { ...state, last } }))
        expect(outcome).toMatchObject({ unresolved: true, answer: 'elsewhere', reroutes: shapes - 1 })
        expect(new Set(last.attempts.map(({ topology }) => topology)).size).toBe(shapes)
      },
    ),
    { numRuns: 500 },
  )
})
