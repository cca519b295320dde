import { describe, expect, it } from 'vitest'
import type { StepView } from '../../../src/api/run-steps.ts'
import { stepTable } from '../../../src/cli/step-table.ts'
import type { StepId } from '../../../src/schema/ids.ts'

function stepView(stepId: string, milliseconds: number, more: Partial<StepView> = {}): StepView {
  const [startedAt, endedAt] = [new Date(0).toISOString(), new Date(milliseconds).toISOString()]
  return {
    stepId: stepId as StepId,
    agent: 'worker',
    version: '1.0.0',
    attempts: 1,
    status: 'completed',
    startedAt,
    endedAt,
    spans: [{ startedAt, endedAt }],
    usage: { turns: 2, toolCalls: 1, inputTokens: 900, outputTokens: 100, costUsd: 0.25 },
    artifacts: [],
    notices: [],
    ...more,
  }
}

const plain = (lines: readonly string[]) => lines.join('\n').split('\n')

describe('stepTable', () => {
  it('has a line for each of a few steps', () => {
    const artifacts = [`sha256:${'0123456789abcdef'.repeat(4)}`]
    expect(plain(stepTable([stepView('plan', 20), stepView('report', 1_500, { artifacts })], false))).toEqual([
      'step    status     agent         attempts  turns  tools  tokens  cost    time',
      'plan    completed  worker@1.0.0  1         2      1      1.0k    $0.250  20 ms',
      'report  completed  worker@1.0.0  1         2      1      1.0k    $0.250  1.5 s  artifact 0123456789ab',
    ])
  })

  it('has a line for each kind of a thousand, and names those that need a look', () => {
    const wide = Array.from({ length: 1_000 }, (_, i) => stepView(`wide:${i}/one`, i + 1))
    const stopped = { status: 'offSchema', reason: 'Refused 3 times' }
    const steps = [stepView('plan', 20), ...wide.with(7, stepView('wide:7/one', 8, stopped))]
    expect(plain(stepTable(steps, false)).map((line) => line.replace(/ {2,}/g, ' | '))).toEqual([
      'step | status | agent | attempts | turns | tools | tokens | cost | time',
      'plan | completed | worker@1.0.0 | 1 | 2 | 1 | 1.0k | $0.250 | 20 ms',
      'wide:*/one | 999 completed, 1 offSchema | worker@1.0.0 | 1000 | 2000 | 1000 | 1.00M | $250.000 | 501 ms, longest 1.0 s',
      '',
      'wide:7/one | offSchema | worker@1.0.0 | 1 | 2 | 1 | 1.0k | $0.250 | 8 ms | Refused 3 times',
      '1001 steps; --steps lists each',
    ])
    expect(plain(stepTable(steps, true))).toHaveLength(1_002)
  })
})
