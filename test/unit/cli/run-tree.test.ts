import { describe, expect, it } from 'vitest'
import { renderHead, renderTree } from '../../../src/cli/render-tree.ts'
import { applyEvent, emptyTree } from '../../../src/cli/run-tree.ts'
import type { RunEvent } from '../../../src/schema/run-event.ts'

const at = (second: number) => new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString()
const usage = { turns: 1, toolCalls: 0, inputTokens: 10, outputTokens: 5, costUsd: 0 }
const plain = (_style: unknown, text: string) => text

function treeOf(events: readonly RunEvent[]) {
  const tree = emptyTree()
  for (const event of events) applyEvent(tree, event)
  return tree
}

const view = { paint: plain, width: 100, height: 20, now: Date.UTC(2026, 0, 1, 0, 0, 9) }

describe('renderTree', () => {
  it('shows steps by path with status, agent, turns, tokens, cost and time', () => {
    const tree = treeOf([
      { type: 'step.started', at: at(0), stepId: 'plan', agent: 'planner', attempt: 1 },
      { type: 'turn', at: at(1), stepId: 'plan', turn: 1, inputTokens: 900, outputTokens: 100, costUsd: 0.5 },
      { type: 'step.ended', at: at(2), stepId: 'plan', status: 'completed', usage },
      { type: 'step.started', at: at(2), stepId: 'findings:0/research', agent: 'researcher', attempt: 1 },
      { type: 'tool', at: at(3), stepId: 'findings:0/research', turn: 1, tool: 'search', status: 'ok' },
      { type: 'step.started', at: at(2), stepId: 'findings:1/research', agent: 'researcher', attempt: 2 },
      { type: 'step.ended', at: at(4), stepId: 'findings:1/research', status: 'offSchema', reason: 'never fit', usage },
    ])
    expect(renderTree(tree, view)).toEqual([
      '✔ plan  planner · 1 turn · 1.0k tok · $0.500 · 2.0 s',
      'findings',
      ' ├─ ◐ #0 research  running · researcher · 0 turns · 1 tool call · 0 tok · $0 · 7.0 s · search',
      ' └─ ✖ #1 research  offSchema · researcher · 2 attempts · 0 turns · 0 tok · $0 · 2.0 s · never fit',
    ])
  })

  it('says that a cost is unknown as soon as one turn has no price', () => {
    const tree = treeOf([
      { type: 'step.started', at: at(0), stepId: 'a', agent: 'a', attempt: 1 },
      { type: 'turn', at: at(1), stepId: 'a', turn: 1, inputTokens: 1, outputTokens: 1, costUsd: null },
      { type: 'turn', at: at(1), stepId: 'a', turn: 2, inputTokens: 1, outputTokens: 1, costUsd: 1 },
    ])
    expect(renderTree(tree, view)[0]).toContain('cost unknown')
  })

  it('keeps every line within the width of the screen', () => {
    const deep = {
      type: 'step.started',
      at: at(0),
      stepId: 'a/b/c',
      agent: 'a-long-name-of-an-agent',
      attempt: 1,
    } as const
    for (const line of renderTree(treeOf([deep]), { ...view, width: 40 })) expect(line.length).toBeLessThan(40)
  })

  it('heads the tree with the run and what it used', () => {
    const started = { type: 'run.started', at: at(0), runId: 'run-1' as never, team: 'a', workflow: 'b' } as const
    const tree = treeOf([
      { ...started, model: 'offline', execution: 1 },
      { type: 'step.started', at: at(0), stepId: 'plan', agent: 'planner', attempt: 1 },
      { type: 'turn', at: at(1), stepId: 'plan', turn: 1, inputTokens: 900, outputTokens: 100, costUsd: 0.5 },
    ])
    expect(renderHead(tree, view)).toEqual(['run run-1  a/b · 1 turn · 1.0k tok · $0.500 · 9.0 s'])
    expect(renderHead(emptyTree(), view)).toEqual([])
  })

  it('folds groups when there are more steps than lines', () => {
    const events = Array.from({ length: 100 }, (_, i): RunEvent => {
      return { type: 'step.started', at: at(0), stepId: `many:${i}/work`, agent: 'worker', attempt: 1 }
    })
    const lines = renderTree(treeOf(events), view)
    expect(lines).toHaveLength(20)
    expect(lines[0]).toBe('◐ many  0 done · 100 running')
  })
})
