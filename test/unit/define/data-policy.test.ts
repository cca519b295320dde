/** What a team is told of its data before anything runs: the trifecta, and which labels may come where. */
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { boundsReport } from '../../../infra/team-report.ts'
import { type Agent, defineAgent } from '../../../src/define/agent.ts'
import { eq, failure } from '../../../src/define/expressions.ts'
import { labelFlow } from '../../../src/define/label-flow.ts'
import { defineMessage } from '../../../src/define/message.ts'
import {
  choose,
  forEach,
  from,
  parallel,
  repeat,
  sequence,
  step,
  when,
  workflow,
} from '../../../src/define/patterns.ts'
import { stateKey } from '../../../src/define/state.ts'
import { readState, writeState } from '../../../src/define/state-nodes.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineTool } from '../../../src/define/tool.ts'
import type { ToolPolicy } from '../../../src/define/tool-policy.ts'
import { trifectaOf } from '../../../src/define/trifecta.ts'
import { defineWorkflow, type Workflow } from '../../../src/define/workflow.ts'
import { waiverLine, waiversOf } from '../../../src/workflow/waivers.ts'

const common = { version: '1.0.0', role: 'Agent', goal: 'Works.', instructions: 'Work.', model: { id: 'any' } }
const Any = z.strictObject({ word: z.string(), list: z.array(z.string()).default([]) })
const tool = (name: string, policy: ToolPolicy & { untrusted?: boolean; effect?: 'read' | 'keyed' }) =>
  defineTool({
    name,
    description: name,
    input: Any,
    output: Any,
    effect: 'read',
    ...policy,
    run: async (input) => input,
  })
const ledger = tool('ledger', { gives: ['private'] })
const web = tool('web', { untrusted: true })
const mail = tool('mail', { outward: true, effect: 'keyed' })
const agent = (name: string, more: object = {}) => defineAgent({ ...common, name, input: Any, output: Any, ...more })
const [plain, keeper, surfer] = [
  agent('plain'),
  agent('keeper', { tools: [ledger] }),
  agent('surfer', { tools: [web] }),
]
const main = (steps: Parameters<typeof defineWorkflow>[0]['steps'], more: object = {}) =>
  defineWorkflow({
    name: 'main',
    version: '1.0.0',
    input: Any,
    output: z.unknown(),
    ...more,
    steps,
  } as never) as Workflow
const given = { input: { word: 'go', list: [] } }

describe('one agent with private data, what strangers wrote, and a way out', () => {
  const all = { tools: [ledger, web, mail] }
  const teamOf = (one: Agent) =>
    defineTeam({ name: 'team', agents: [one], workflows: [main(() => step('do', one as typeof plain, given))] })

  it('is refused by its path, with a remedy', () => {
    expect(() => teamOf(agent('clerk', all))).toThrow(
      /agents\.clerk\.tools.*private data \(ledger\).*strangers wrote \(web\).*\(mail\).*waive: \{ trifecta/s,
    )
  })

  it('is taken where somebody says by name why', () => {
    const waived = agent('clerk', { ...all, waive: { trifecta: 'mails go to our own staff alone' } })
    const shown = waiversOf(teamOf(waived)).map(waiverLine)
    expect(shown).toEqual(['clerk: trifecta waived: mails go to our own staff alone'])
    const report = boundsReport(teamOf(waived), { version: 'none', prices: [] }, 'any')
    expect(report.at(-1)).toBe(`Agent ${shown}`)
    expect(waived.sha256).not.toBe(agent('clerk', all).sha256)
    expect(waived.sha256).not.toBe(agent('clerk', { ...all, waive: { trifecta: 'so be it' } }).sha256)
  })

  it.each([[[ledger, web]], [[ledger, mail]], [[web, mail]]])('is no fault with two of the three', (tools) => {
    expect(teamOf(agent('clerk', { tools })).agents).toHaveLength(1)
    expect(() => teamOf(agent('clerk', { tools, waive: { trifecta: 'why not' } }))).toThrow(/nothing to waive/)
  })

  it('is found in shared state, too', () => {
    const secrets = stateKey(z.array(z.string()), { reducer: 'append', gives: ['private', 'untrusted'] })
    const clerk = agent('clerk', { tools: [mail], state: { reads: { secrets } } })
    expect(trifectaOf(clerk)).toEqual({ private: ['state secrets'], untrusted: ['state secrets'], outward: ['mail'] })
  })
})

describe('labels that may come to a step', () => {
  function labels(workflows: readonly Workflow[], name: string, of = 'main') {
    return labelFlow({ workflows })(of, name).join(' ')
  }

  it('are those of the input of the workflow', () => {
    const one = main(({ run }) => step('do', plain, { input: run.input as never }), {
      inputLabels: ['client', 'private'],
    })
    expect(labels([one], 'do')).toBe('client private')
  })

  it('follow values, not the order of steps', () => {
    const one = main(() => {
      const kept = step('keep', keeper, given)
      const read = step('surf', surfer, given)
      const both = step('both', plain, { input: { word: from(kept).word, list: from(read).list } })
      return sequence(kept, read, step('free', plain, given), both, step('after', plain))
    })
    expect(['keep', 'surf', 'free', 'both', 'after'].map((name) => labels([one], name))).toEqual([
      ...['', '', '', 'private untrusted', 'private untrusted'],
    ])
  })

  it('come through branches, loops, items and what stands in for a failure', () => {
    const one = main(() => {
      const kept = step('keep', keeper, given)
      const chosen = choose('pick', [when(eq(from(kept).word, 'x'), step('web', surfer, given))], {
        otherwise: step('not', plain, given),
      })
      const side = parallel('side', { a: step('a', plain, given), b: step('b', keeper, given) })
      const each = forEach('each', from(chosen).list as never, (item) =>
        step('one', plain, { input: { word: item as never, list: [] } }),
      )
      const loop = repeat('loop', ({ previous }) => step('again', surfer, { input: previous as never }), {
        ...{ max: 2, initial: { word: 'go', list: [] } as never, until: eq(1 as never, 2) },
      })
      const failed = step('risky', keeper, { ...given, otherwise: { word: failure.reason, list: [] } })
      const last = (name: string, node: Parameters<typeof from>[0]) => step(name, plain, { input: from(node) as never })
      return sequence(
        kept,
        chosen,
        side,
        each,
        loop,
        failed,
        last('l1', side),
        last('l2', each),
        last('l3', loop),
        last('l4', failed),
      )
    })
    expect(['one', 'again', 'l1', 'l2', 'l3', 'l4'].map((name) => labels([one], name))).toEqual([
      ...['untrusted', 'untrusted', 'private', 'untrusted', 'untrusted', 'private'],
    ])
  })

  it('cross into child workflows and back, whoever calls them', () => {
    const child = defineWorkflow({
      ...{ name: 'child', version: '1.0.0', input: Any, output: Any },
      steps: ({ run }) => step('inner', surfer, { input: run.input as never }),
    })
    const one = main(() => {
      const called = workflow('call', child, { input: from(step('keep', keeper, given)) as never })
      return sequence(step('keep', keeper, given), called, step('then', plain, { input: from(called) as never }))
    })
    expect(labels([one, child as never], 'inner', 'child')).toBe('private')
    expect(labels([one, child as never], 'then')).toBe('private untrusted')
  })

  it('lie in shared state, and go along with messages', () => {
    const notes = stateKey(z.array(z.string()), { reducer: 'append' })
    const Note = defineMessage({ name: 'note', description: 'Says.', body: z.string() })
    const teller = agent('teller', { tools: [ledger], sends: { hearer: [Note] } })
    const hearer = agent('hearer', { receives: { teller: [Note] } })
    const one = main(
      () => {
        const seen = readState('seen', { notes })
        const write = writeState('write', { notes }, { notes: from(step('surf', surfer, given)).list as never })
        return sequence(
          step('tell', teller, given),
          step('hear', hearer, given),
          step('heard', plain),
          seen,
          step('reads', plain, { input: { word: '', list: from(seen).values.notes as never } }),
          step('surf', surfer, given),
          write,
        )
      },
      { state: { notes } },
    )
    expect(labels([one], 'heard')).toBe('private')
    expect(labels([one], 'reads')).toBe('untrusted')
    expect(labels([one], 'write')).toBe('untrusted')
  })
})
