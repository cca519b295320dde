import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { forEach, from, sequence, step, workflow } from '../../../src/define/patterns.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { compile } from '../../../src/workflow/compile.ts'
import { planner, researcher } from '../define/agents.ts'

function teamOf(max: number) {
  const child = defineWorkflow({
    name: 'child',
    version: '1.0.0',
    input: z.object({ question: z.string() }),
    output: z.unknown(),
    limits: { seconds: 1_000 },
    steps: () => step('inner', planner),
  })
  const main = defineWorkflow({
    name: 'main',
    version: '1.0.0',
    input: z.object({ question: z.string() }),
    output: z.unknown(),
    steps: ({ run }) => {
      const plan = step('plan', planner)
      const each = forEach(
        'each',
        from(plan).topics,
        ({ title }) => step('one', researcher, { input: { topic: title } }),
        { max },
      )
      return sequence(plan, each, workflow('sub', child, { input: { question: run.input.question } }))
    },
  })
  return defineTeam({ name: 'team', agents: [planner, researcher], workflows: [child, main] })
}
const mainOf = (max: number) => {
  const compiled = compile(teamOf(max)).get('main')
  if (compiled === undefined) throw new Error('main is missing')
  return compiled
}

describe('compile', () => {
  it('is pure: the same text and hash each time', () => {
    const [one, two] = [mainOf(5), mainOf(5)]

    expect(JSON.stringify(one.definition)).toBe(JSON.stringify(two.definition))
    expect(one.sha256).toBe(two.sha256)
    expect(mainOf(6).sha256).not.toBe(one.sha256)
  })

  it('nests the times: agent < state < workflow, child < state of the child < parent', () => {
    const { definition } = mainOf(5)
    const { plan, sub } = definition.States

    expect(plan?.TimeoutSeconds).toBeGreaterThan(planner.limits.seconds)
    expect(sub?.TimeoutSeconds).toBeGreaterThan(1_000)
    expect(definition.TimeoutSeconds).toBeGreaterThan(Number(sub?.TimeoutSeconds))
  })

  it('keeps inline what is read, and the results of a forEach small enough to come together', () => {
    const { States } = mainOf(40).definition
    const one = States['each']?.ItemProcessor?.States['one']

    expect(States['plan']?.Arguments).toMatchObject({ Payload: { inlineFields: ['topics'] } })
    expect(one?.Arguments).toMatchObject({ Payload: { inlineBytes: 5_119 } })
  })

  it('retries by name what our errors and Lambda call transient, with full jitter', () => {
    const [retry] = mainOf(5).definition.States['plan']?.Retry ?? []

    expect(retry).toMatchObject({ JitterStrategy: 'FULL' })
    expect(retry?.ErrorEquals).toEqual(
      expect.arrayContaining(['RetryableModelThrottled', 'Lambda.TooManyRequestsException']),
    )
    expect(retry?.ErrorEquals).not.toContain('States.ALL')
  })

  it('takes a distributed Map beyond 40 items, and names states uniquely within 80 characters', () => {
    const names: string[] = []
    const visit = (states: Readonly<Record<string, { ItemProcessor?: unknown }>>): void => {
      for (const [name, state] of Object.entries(states)) {
        names.push(name)
        const inner = state.ItemProcessor as { readonly States: typeof states } | undefined
        if (inner) visit(inner.States)
      }
    }
    const [narrow, wide] = [mainOf(40).definition, mainOf(41).definition]
    visit(wide.States)

    expect(narrow.States['each']?.ItemProcessor?.ProcessorConfig.Mode).toBe('INLINE')
    expect(wide.States['each']?.ItemProcessor?.ProcessorConfig.Mode).toBe('DISTRIBUTED')
    expect(new Set(names).size).toBe(names.length)
    expect(Math.max(...names.map((name) => name.length))).toBeLessThanOrEqual(80)
  })
})
