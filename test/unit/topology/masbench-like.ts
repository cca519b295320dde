/**
 * Word problems with integers, made from a seed along one of the five axes of MASBENCH (Ke et al., MAS-Orchestra): made
 * here after its description, as the data set itself is not at hand. What an axis says is measured from the graph.
 */
import type { PlannedPart, TaskPlan } from '../../../src/schema/task-plan.ts'
import { seeded } from './graphs.ts'

/**
 * Parts in the longest chain; answers asked for; parts used by one at most; components that share nothing; parts with a
 * false note beside them.
 */
export const AXES = ['depth', 'horizon', 'breadth', 'parallel', 'robustness'] as const
export type Axis = (typeof AXES)[number]

export interface Variable {
  readonly id: string
  readonly operation: 'constant' | 'sum' | 'difference' | 'times' | 'more'
  /** The constant, the factor, or how much more. */
  readonly by: number
  readonly of: readonly string[]
  /** What somebody claims it is, wrongly. */
  readonly note?: number
}

export interface Problem {
  /** Each one after those that it uses. */
  readonly variables: readonly Variable[]
  /** Whose values are asked for. */
  readonly asked: readonly string[]
}

const GREATEST_CONSTANT = 22

/** @param value Of the axis, 2 to 12. */
export function masbenchLike(axis: Axis, value: number, seed: number): Problem {
  const random = seeded(seed * 31 + value * 7 + AXES.indexOf(axis))
  const below = (limit: number) => Math.floor(random() * limit)
  const variables: Variable[] = []
  const add = (variable: Omit<Variable, 'id'>): string => {
    const id = `v${variables.length + 1}`
    variables.push({ id, ...variable })
    return id
  }
  const constant = () => add({ operation: 'constant', by: below(GREATEST_CONSTANT + 1), of: [] })
  const next = (of: string) => add({ operation: random() < 0.5 ? 'times' : 'more', by: 1 + below(3), of: [of] })
  const chain = (length: number): string[] => {
    const ids = [constant()]
    while (ids.length < length) ids.push(next(ids.at(-1) ?? ''))
    return ids
  }
  const join = (of: readonly string[]) =>
    add({ operation: of.length === 2 && random() < 0.5 ? 'difference' : 'sum', by: 0, of })
  const last = () => variables.at(-1)?.id ?? ''

  switch (axis) {
    case 'depth':
      chain(value)
      return { variables, asked: [last()] }
    case 'horizon':
      return { variables, asked: chain(value + below(3)).slice(-value) }
    case 'breadth':
      join(Array.from({ length: value }, () => chain(1 + below(3)).at(-1) ?? ''))
      return { variables, asked: [last()] }
    case 'parallel': {
      const ends = Array.from({ length: value }, () => chain(2 + below(3)).at(-1) ?? '')
      return { variables, asked: ends }
    }
    case 'robustness': {
      join([chain(value).at(-1) ?? '', chain(1 + below(3)).at(-1) ?? ''])
      const values = solve({ variables, asked: [] })
      const noted = variables.slice(0, value).map(({ id }) => id)
      const claimed = variables.map((variable) =>
        noted.includes(variable.id) ? { ...variable, note: (values.get(variable.id) ?? 0) + 1 + below(9) } : variable,
      )
      return { variables: claimed, asked: [last()] }
    }
  }
}

/** Of each axis, from the variables and what they use. */
export function axesOf({ variables, asked }: Problem): Readonly<Record<Axis, number>> {
  const depths = new Map<string, number>()
  const components = new Map<string, Set<string>>()
  for (const { id, of } of variables) {
    depths.set(id, 1 + Math.max(0, ...of.map((used) => depths.get(used) ?? 0)))
    const joined = new Set([id, ...of.flatMap((used) => [...(components.get(used) ?? [])])])
    for (const member of joined) components.set(member, joined)
  }
  return {
    depth: Math.max(...depths.values()),
    horizon: asked.length,
    breadth: Math.max(...variables.map(({ of }) => of.length)),
    parallel: new Set(components.values()).size,
    robustness: variables.filter(({ note }) => note !== undefined).length,
  }
}

export function solve({ variables }: Problem): ReadonlyMap<string, number> {
  const values = new Map<string, number>()
  for (const { id, operation, by, of } of variables) {
    const used = of.map((other) => values.get(other) ?? Number.NaN)
    const [first = 0, second = 0] = used
    const sum = used.reduce((total, value) => total + value, 0)
    const value = { constant: by, sum, difference: first - second, times: by * first, more: by + first }[operation]
    values.set(id, value)
  }
  return values
}

/** As a planner would hand it over: every value is needed where it is used. */
export function planOf({ variables }: Problem, weightOf: (id: string) => number = () => 1): TaskPlan {
  const parts = variables.map(
    (variable): PlannedPart => ({
      ...{ id: variable.id, agent: 'solver', weight: weightOf(variable.id) },
      objective: variable.note === undefined ? textOf(variable) : `${textOf(variable)} Note: it is ${variable.note}.`,
    }),
  )
  const edges = variables.flatMap(({ id, of }) => of.map((from) => ({ from, to: id, coupling: 'critical' as const })))
  return { parts, edges, reason: 'one part for each value' }
}

function textOf({ operation, by, of }: Variable): string {
  const used = of.map((id) => `\${${id}}`)
  return {
    constant: `Count ${by}.`,
    sum: `Add ${used.join(' and ')}.`,
    difference: `Take ${used[1]} from ${used[0]}.`,
    times: `Have ${by} times ${used[0]}.`,
    more: `Have ${by} more than ${used[0]}.`,
  }[operation]
}

/** An agent's work: from the words of its objective alone, with the outputs it uses in their places. */
export function answerOf(objective: string, { believesNotes = false } = {}): number {
  const [work = '', note] = objective.split(' Note: ')
  const numbers = (text: string) => (text.match(/-?\d+/g) ?? []).map(Number)
  if (believesNotes && note !== undefined) return numbers(note)[0] ?? Number.NaN
  const [first = Number.NaN, second = Number.NaN] = numbers(work)
  if (work.startsWith('Count ')) return first
  if (work.startsWith('Add ')) return numbers(work).reduce((sum, value) => sum + value, 0)
  if (work.startsWith('Take ')) return second - first
  return work.includes(' times ') ? first * second : first + second
}
