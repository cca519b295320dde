import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { Autonomy } from '../../../src/define/agent.ts'
import { defineTool, type ToolApproval } from '../../../src/define/tool.ts'
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
    isTainted,
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
