/** A run that has ended, whose input, settings and output are canaries. */
import { Run } from '../../../src/schema/run.ts'

export const RUN = 'run-1'

export const USAGE = { turns: 4, toolCalls: 2, inputTokens: 400, outputTokens: 40, costUsd: 0.25 }

export function runLike(changes: Partial<Run> = {}): Run {
  return Run.parse({
    runId: RUN,
    team: 'newsroom',
    teamSha256: 'a'.repeat(64),
    workflow: 'report',
    workflowVersion: '1.0.0',
    input: { question: 'canary-input' },
    settings: { key: 'canary-setting' },
    model: 'bedrock',
    status: 'succeeded',
    execution: 1,
    startedAt: '2026-01-01T00:00:00.000Z',
    endedAt: '2026-01-01T00:01:30.000Z',
    output: 'canary-output',
    usage: USAGE,
    cancelRequested: false,
    lock: { agents: {}, workflows: {} },
    ...changes,
  })
}
