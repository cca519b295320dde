import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { Autonomy } from '../../../src/define/agent.ts'
import { defineTool, type ToolApproval } from '../../../src/define/tool.ts'
import type { PolicyContext, PolicyRule, ToolPolicy } from '../../../src/define/tool-policy.ts'
import type { EffectKind } from '../../../src/schema/tool-call.ts'
import { authorize } from '../../../src/tools/authorize.ts'

const Input = z.object({ amount: z.number() })

interface Case {
  readonly effect?: EffectKind
  readonly approval?: ToolApproval<z.output<typeof Input>>
  readonly autonomy?: Autonomy | Readonly<Record<string, Autonomy>>
  readonly isTainted?: boolean
  readonly amount?: unknown
  readonly repeatsInVain?: boolean
  readonly callsLeft?: number
}

function verdict({ effect = 'opaque', approval, autonomy, isTainted = false, amount = 7, ...rest }: Case) {
  const tool = defineTool({
    name: 'pay',
    description: 'Pays.',
    input: Input,
    output: z.string(),
    effect,
    ...(approval && { approval }),
    run: async () => 'paid',
  })
  const { verdict: given } = authorize({
    name: 'pay',
    input: { amount } as never,
    settings: {},
    tools: new Map([['pay', tool]]),
    callsLeft: 1,
    repeatsInVain: false,
    ...rest,
    labels: isTainted ? ['untrusted'] : [],
    place: { runId: 'run_1', stepId: 'pay', agent: 'clerk', stepInput: null },
    autonomy,
  })
  return `${given.verdict} ${given.rule}`
}

const large = (input: z.output<typeof Input>) => input.amount > 100
const broken = () => {
  throw new TypeError('bug')
}

describe('a verdict', () => {
  it.each<[Case, string]>([
    [{}, 'proceed declared'],
    [{ autonomy: 'report' }, 'proceed declared'],
    [{ autonomy: 'approve' }, 'ask autonomy.approve'],
    [{ autonomy: 'approve', effect: 'read' }, 'proceed declared'],
    [{ autonomy: { pay: 'approve' }, effect: 'read' }, 'ask autonomy.approve'],
    [{ autonomy: { other: 'approve' } }, 'proceed declared'],
    [{ autonomy: 'suggest' }, 'suggest autonomy.suggest'],
    [{ autonomy: 'suggest', effect: 'read' }, 'proceed declared'],
    [{ autonomy: 'suggest', approval: {} }, 'suggest autonomy.suggest'],
    [{ approval: {} }, 'ask approval.always'],
    [{ approval: {}, effect: 'read' }, 'ask approval.always'],
    [{ approval: { when: large }, amount: 101 }, 'ask approval.predicate'],
    [{ approval: { when: large }, amount: 100 }, 'proceed declared'],
    [{ approval: { when: large }, amount: 100, autonomy: 'approve' }, 'ask autonomy.approve'],
    [{ approval: { when: broken } }, 'ask approval.predicateFailed'],
    [{ approval: { when: 'tainted' } }, 'proceed declared'],
    [{ approval: { when: 'tainted' }, isTainted: true }, 'ask approval.tainted'],
    [{ approval: {}, amount: 'all' }, 'deny argumentsOffSchema'],
    [{ approval: {}, repeatsInVain: true }, 'deny loop'],
    [{ repeatsInVain: true, callsLeft: 0 }, 'deny toolCallLimit'],
  ])('%j: %s', (given, expected) => {
    expect(verdict(given)).toBe(expected)
  })
})

describe('the policy of a tool', () => {
  const small = { name: 'small', description: 'Up to 100.', allows: (input: { amount: number }) => input.amount <= 100 }
  const own = {
    name: 'own-desk',
    description: 'At the own desk.',
    allows: (_: unknown, { agent }: PolicyContext) => agent === 'clerk',
  }
  const lying = { name: 'lying', description: 'Never.', allows: (() => Promise.resolve(true)) as never }
  const failing = { name: 'failing', description: 'Never.', allows: broken as never }

  it.each<[string, PolicyRule[], number, PolicyRule[] | undefined]>([
    ['proceed declared', [small, own], 7, undefined],
    ['deny policy.small', [own, small], 700, undefined],
    ['deny policy.small', [], 700, [small]],
    ['deny policy.lying', [lying], 7, undefined],
    ['deny policy.failing', [failing], 7, undefined],
  ])('says %s', (expected, policy, amount, permissions) => {
    expect(
      judged(
        { ...(policy.length > 0 && { policy }) },
        { amount, ...(permissions && { permissions: { pay: permissions } }) },
      ),
    ).toBe(expected)
  })

  it('is asked only once the schema is kept', () => {
    let asked = 0
    const counting = { name: 'counting', description: 'Any.', allows: () => ++asked > 0 }
    expect(judged({ policy: [counting] }, { amount: 'many' })).toBe('deny argumentsOffSchema')
    expect(asked).toBe(0)
  })

  it.each<[string, ToolPolicy['takes'], string[]]>([
    ['proceed declared', { labels: [] }, []],
    ['proceed declared', { labels: ['untrusted'] }, ['untrusted']],
    ['ask sink', { labels: [] }, ['untrusted']],
    ['ask sink', { labels: ['untrusted'], otherwise: 'ask' }, ['private', 'untrusted']],
    ['deny sink', { labels: ['untrusted'], otherwise: 'deny' }, ['private', 'untrusted']],
    ['proceed declared', undefined, ['private', 'untrusted']],
  ])('says %s where it takes %j and %j was read', (expected, takes, labels) => {
    expect(judged({ ...(takes && { takes }) }, { labels })).toBe(expected)
  })

  it('is part of the hash, and nothing is where there is none', () => {
    const hash = (policy: ToolPolicy<{ amount: number }>) => payTool(policy).sha256
    const all = [{}, { policy: [small] }, { gives: ['private'] }, { takes: { labels: [] } }, { outward: true }].map(
      hash,
    )
    expect(new Set(all).size).toBe(all.length)
    expect(hash({ gives: ['b', 'a'] })).toBe(hash({ gives: ['a', 'b', 'a'] }))
  })

  it('refuses what sends and only reads', () => {
    const { run, ...rest } = payTool({})
    expect(() =>
      defineTool({
        name: 'pay',
        description: 'Pays.',
        input: Input,
        output: rest.output,
        effect: 'read',
        outward: true,
        run,
      }),
    ).toThrow('only reads')
  })
})

function payTool(policy: ToolPolicy<z.output<typeof Input>>) {
  return defineTool({
    name: 'pay',
    description: 'Pays.',
    input: Input,
    output: z.string(),
    ...policy,
    run: async () => 'paid',
  })
}

interface Judged {
  readonly amount?: unknown
  readonly labels?: readonly string[]
  readonly permissions?: Readonly<Record<string, readonly PolicyRule[]>>
}

function judged(policy: ToolPolicy<z.output<typeof Input>>, { amount = 7, labels = [], permissions }: Judged): string {
  const { verdict: given } = authorize({
    name: 'pay',
    input: { amount } as never,
    settings: {},
    tools: new Map([['pay', payTool(policy)]]),
    callsLeft: 1,
    repeatsInVain: false,
    labels,
    permissions,
    place: { runId: 'run_1', stepId: 'pay', agent: 'clerk', stepInput: null },
    autonomy: undefined,
  })
  return `${given.verdict} ${given.rule}`
}
