import { describe, expect, it } from 'vitest'
import { Coupling, type TaskPlan, TaskPlan as TaskPlanSchema } from '../../../src/schema/task-plan.ts'
import { checkTaskPlan, type Envelope, PLAN_BYTES } from '../../../src/topology/check-plan.ts'
import { seeded } from './graphs.ts'
import { isAllowed } from './plan-oracle.ts'

const ENVELOPE: Envelope = { agents: ['finder', 'writer'], parts: 6, depth: 4, width: 4 }

/** Parts by letters; each objective uses what the edges bring it. */
function planOf(parts: string, edges = '', changes: Readonly<Record<string, object>> = {}): TaskPlan {
  const pairs = edges.split(' ').filter((pair) => pair !== '')
  return {
    parts: parts.split(' ').map((id) => {
      const used = pairs.filter((pair) => pair[1] === id).map((pair) => `\${${pair[0]}}`)
      return { id, agent: 'finder', objective: `Do ${[id, ...used].join(' ')}`, weight: 1, ...changes[id] }
    }),
    edges: pairs.map((pair) => ({ from: pair[0] ?? '', to: pair[1] ?? '', coupling: 'strong' })),
    reason: 'because',
  }
}

const rulesOf = (plan: TaskPlan, sinks: 'one' | 'any' = 'one', envelope = ENVELOPE) =>
  checkTaskPlan(plan, envelope, { sinks }).map(({ rule, path }) => `${rule} ${path}`)

describe('a plan', () => {
  it.each<[string, TaskPlan, string[]]>([
    ['a diamond', planOf('a b c d', 'ab ac bd cd'), []],
    ['a single part without an objective: the request itself', planOf('a', '', { a: { objective: '' } }), []],
    ['an unknown id', planOf('a b', 'ab xb'), ['unknownEnd edges.1.from', 'unknownReference parts.1.objective']],
    ['a self-loop', planOf('a b', 'ab bb'), ['selfLoop edges.1']],
    ['three in a circle', planOf('a b c', 'ab bc ca'), ['cycle edges']],
    ['two last parts', planOf('a b c', 'ab ac'), ['severalSinks parts']],
    ['a part by itself', planOf('a b c', 'ab'), ['severalSinks parts']],
    ['two parts without edges', planOf('a b'), ['noEdges edges', 'severalSinks parts']],
    ['an edge that nobody uses', planOf('a b', 'ab', { b: { objective: 'Do' } }), ['edgeUnused edges.0']],
    [
      'a use without an edge',
      planOf('a b c', 'ac bc', { b: { objective: `Do \${a}` } }),
      ['edgeMissing parts.1.objective'],
    ],
    ['no agent of that name', planOf('a', '', { a: { agent: 'nobody' } }), ['unknownAgent parts.0.agent']],
    ['what every object has', planOf('a', '', { a: { agent: 'constructor' } }), ['unknownAgent parts.0.agent']],
    ['an id with a space', planOf('a', '', { a: { id: 'a b' } }), ['badId parts.0.id']],
    ['an id of 41', planOf('a', '', { a: { id: 'a'.repeat(41) } }), ['badId parts.0.id']],
    ['an id twice', planOf('a a'), ['repeatedId parts.1.id']],
    ['an edge twice', planOf('a b', 'ab ab'), ['repeatedEdge edges.1']],
    ['a blank objective among others', planOf('a b', 'ab', { a: { objective: ' \n' } }), ['blank parts.0.objective']],
    ['no parts', { parts: [], edges: [], reason: '' }, ['noParts parts']],
    ['more parts', planOf('a b c d e f g', 'ag bg cg de ef fg'), ['tooManyParts parts']],
    ['more in a row', planOf('a b c d e', 'ab bc cd de'), ['tooDeep edges']],
    ['more side by side', planOf('a b c d e f', 'af bf cf df ef'), ['tooWide parts']],
  ])('%s', (_, plan, expected) => {
    expect(rulesOf(plan)).toEqual(expected)
  })

  it('may have several last parts, and no edges, where somebody makes one of them', () => {
    expect(rulesOf(planOf('a b c', 'ab ac'), 'any')).toEqual([])
    expect(rulesOf(planOf('a b'), 'any')).toEqual([])
    expect(checkTaskPlan(planOf('a b'), ENVELOPE)).toEqual([])
  })

  it('is told in sentences, each with what was given', () => {
    const plan = planOf('a b c', 'ab bc ca', { a: { agent: 'nobody', objective: `Do \${c}` } })
    expect(checkTaskPlan(plan, ENVELOPE).map(({ message }) => message)).toEqual([
      'there is no agent "nobody", only finder, writer',
      'the parts a, b, c wait for each other: leave out one of the edges between them',
    ])
  })

  it('may not have more bytes than a run bears, counted as UTF-8', () => {
    const big = (count: number) => planOf('a', '', { a: { objective: 'é'.repeat(count) } })
    const bare = Buffer.byteLength(JSON.stringify(big(0)))
    const most = Math.floor((PLAN_BYTES - bare) / 2)
    expect(rulesOf(big(most))).toEqual([])
    expect(rulesOf(big(most + 1))).toEqual(['tooLarge '])
  })

  it('has a weight of 1 where it names none, and no more parts than 100', () => {
    const { parts, ...rest } = planOf('a')
    const [{ weight, ...part } = { weight: 0 }] = parts
    expect(TaskPlanSchema.parse({ ...rest, parts: [part] }).parts[0]?.weight).toBe(1)
    const many = Array.from({ length: 101 }, (_, index) => ({ ...part, id: `p${index}` }))
    expect(TaskPlanSchema.safeParse({ ...rest, parts: many }).success).toBe(false)
    expect(TaskPlanSchema.safeParse({ ...rest, parts: [{ ...part, weight: 0 }] }).success).toBe(false)
  })

  it('gets the verdict of an oracle that tries everything: 3,000 plans', () => {
    const random = seeded(5)
    const pick = <Item>(items: readonly Item[]): Item => items[Math.floor(random() * items.length)] as Item
    const seen = { accepted: 0, refused: 0 }
    for (let run = 0; run < 3_000; run += 1) {
      const size = 1 + Math.floor(random() * 7)
      const ids = Array.from({ length: size }, (_, index) => `p${index}`)
      const edges = ids.flatMap((from, start) =>
        ids.slice(start + 1).flatMap((to, gap) => (random() < 0.9 / (gap + 1) ? [{ from, to }] : [])),
      )
      const uses = edges.map((edge) => ({ ...edge }))
      const fault = random()
      if (fault < 0.1) edges.push({ from: pick(ids), to: pick(ids) })
      else if (fault < 0.2) uses.push({ from: pick([...ids, 'ghost']), to: pick(ids) })
      else if (fault < 0.25) edges.push({ from: pick([...ids, 'ghost']), to: pick([...ids, 'ghost']) })
      else if (fault < 0.35) {
        const back = { from: ids.at(-1) ?? '', to: pick(ids) }
        edges.push(back)
        uses.push(back)
      }
      const parts = ids.map((id) => ({
        id: random() < 0.01 ? pick(['', 'é', '1a', 'a b', ...ids]) : id,
        agent: random() < 0.01 ? pick(['', 'Finder', 'nobody']) : pick(ENVELOPE.agents),
        objective:
          random() < 0.01
            ? pick(['', ' ', '$' + '{', `\${}`, '$p0'])
            : `Do ${id} ${uses.flatMap(({ from, to }) => (to === id ? [`\${${from}}`] : [])).join(' and ')}`,
        weight: 1,
      }))
      const plan: TaskPlan = {
        parts,
        edges: edges.map((edge) => ({ ...edge, coupling: pick(Coupling.options) })),
        reason: '',
      }
      for (const sinks of ['one', 'any'] as const) {
        const allowed = isAllowed(plan, ENVELOPE, sinks)
        expect([checkTaskPlan(plan, ENVELOPE, { sinks }).length === 0, plan]).toEqual([allowed, plan])
        seen[allowed ? 'accepted' : 'refused'] += 1
      }
    }
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(1_000)
  })
})
