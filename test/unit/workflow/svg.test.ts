import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { jsonata } from '../../../src/define/expressions.ts'
import { choose, parallel, repeat, sequence, step, when } from '../../../src/define/patterns.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { graphOf } from '../../../src/workflow/graph.ts'
import { svgOf } from '../../../src/workflow/svg.ts'
import { planner } from '../define/agents.ts'

const ask = (name: string) => step(name, planner, { input: { question: 'why' } })
const workflow = defineWorkflow({
  name: 'main',
  version: '1.0.0',
  input: z.unknown(),
  output: z.unknown(),
  steps: () =>
    sequence(
      parallel('both', { a: ask('one'), b: ask('two') }),
      choose('which', [when(jsonata<boolean>('1 < 2 and "<script>" = "&"'), ask('three'))]),
      repeat('loop', () => ask('four'), { max: 2, until: jsonata<boolean>('true') }),
    ),
})

describe('graphOf', () => {
  it('has every node, its cluster, and edges in the order of execution', () => {
    const { nodes, clusters, edges } = graphOf(workflow)
    const next = (from: string) => edges.filter((edge) => edge.from === from).map((edge) => edge.to)

    expect(nodes.map(({ id }) => id)).toEqual([
      ' start',
      'both',
      'one',
      'two',
      'which',
      'three',
      'loop',
      'four',
      ' end',
    ])
    expect(clusters.map(({ kind }) => kind)).toEqual(['parallel', 'repeat'])
    expect(next('both')).toEqual(['one', 'two'])
    expect([next('one'), next('two')]).toEqual([['which'], ['which']])
    expect(next('which')).toEqual(['three', 'loop'])
    expect(next('four')).toEqual(['loop', ' end'])
  })
})

describe('svgOf', () => {
  it('shows names, agents and models, and escapes what a user wrote', () => {
    const svg = svgOf(graphOf(workflow))

    for (const text of ['main 1.0.0', '>one<', '>planner<', '>model-a<', '&lt;script&gt;']) expect(svg).toContain(text)
    expect(svg).not.toContain('<script')
    expect(svg).not.toMatch(/href=|NaN|undefined/)
  })
})
