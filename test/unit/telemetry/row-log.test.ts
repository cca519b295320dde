import { expect, it } from 'vitest'
import { JournalRow } from '../../../src/schema/journal-row.ts'
import { logOfRow } from '../../../src/telemetry/row-log.ts'
import { ANSWERED, rowsOfStep } from './step-rows.ts'

const HASH = 'a'.repeat(64)

function row(fields: object): JournalRow {
  const place = { runId: 'run-1', stepId: 'answer', attempt: 1, seq: 1, at: '2026-01-01T00:00:00.000Z' }
  return JournalRow.parse({ ...place, prev: HASH, hash: HASH, ...fields })
}

it('says of each row where it belongs, and its hash', async () => {
  const told = await rowsOfStep(ANSWERED)
  const lines = told.map(({ row }) => logOfRow(row, { agent: 'solver' }).fields)
  expect(lines.map(({ event, seq }) => [seq, event])).toEqual([
    [0, 'start'],
    [1, 'turn'],
    [2, 'tool'],
    [3, 'turn'],
    [4, 'outcome'],
  ])
  for (const [index, line] of lines.entries()) {
    expect(line).toMatchObject({ run: 'run-1', step: 'answer', agent: 'solver', attempt: 1 })
    expect(line['hash']).toBe(told[index]?.row.hash)
  }
})

it('names what a model call used as OpenTelemetry does', async () => {
  const [, turn] = await rowsOfStep(ANSWERED)
  expect(turn && logOfRow(turn.row, { agent: 'solver' }).fields).toMatchObject({
    'gen_ai.operation.name': 'chat',
    'gen_ai.conversation.id': 'run-1',
    'gen_ai.agent.name': 'solver',
    'gen_ai.provider.name': 'baton.scripted',
    'gen_ai.request.model': 'model-a',
    'gen_ai.request.max_tokens': expect.any(Number),
    'gen_ai.response.finish_reasons': ['toolUse'],
    'gen_ai.usage.input_tokens': 100,
    'gen_ai.usage.output_tokens': 10,
    'baton.cost_usd': expect.closeTo(0.00015, 8),
    turn: 1,
  })
})

it('counts what came from the prompt cache as input', () => {
  const usage = { inputTokens: 10, outputTokens: 5, cacheReadTokens: 100, cacheWriteTokens: 1 }
  const model = { provider: 'bedrock', id: 'm', parameters: {} }
  expect(logOfRow(row({ event: 'turn', usage, model, status: 'endTurn' })).fields).toMatchObject({
    'gen_ai.provider.name': 'aws.bedrock',
    'gen_ai.usage.input_tokens': 111,
    'gen_ai.usage.cache_read.input_tokens': 100,
    'gen_ai.usage.cache_creation.input_tokens': 1,
  })
})

it('says that a cost is unknown rather than 0', async () => {
  const [, turn] = await rowsOfStep(ANSWERED, { dependencies: { priceOf: () => undefined } })
  const fields = turn === undefined ? {} : logOfRow(turn.row).fields
  expect(fields).toMatchObject({ 'baton.cost_unknown': 1 })
  expect(fields).not.toHaveProperty(['baton.cost_usd'])
})

it('tells a tool call by its name, its identity and what it may do', async () => {
  const [, , tool] = await rowsOfStep(ANSWERED)
  const record = tool && logOfRow(tool.row, { agent: 'solver' })
  expect(record).toMatchObject({ level: 'info', message: 'tool' })
  expect(record?.fields).toMatchObject({
    'gen_ai.operation.name': 'execute_tool',
    'gen_ai.tool.name': 'add',
    'gen_ai.tool.call.id': expect.stringMatching(/^[0-9a-f]{64}$/),
    'baton.tool.effect': 'read',
    'baton.sources': 1,
    status: 'ok',
  })
})

it.each([
  [
    { event: 'outcome', status: 'turnLimit', reason: 'No output after 4 turns.' },
    'turnLimit',
    'No output after 4 turns.',
  ],
  [{ event: 'outcome', status: 'checkRejected', reason: 'Refused 3 times, last for: x' }, 'checkRejected', undefined],
  [{ event: 'tool', status: 'error', reason: 'TypeError: x is not y' }, 'TypeError', undefined],
  [
    { event: 'decision', rule: 'model.retry', reason: 'RetryableModelThrottled: slow down' },
    'RetryableModelThrottled',
    undefined,
  ],
  [{ event: 'decision', rule: 'contextTokens', reason: '2 tool results cut' }, undefined, '2 tool results cut'],
  [{ event: 'rejection', rule: 'output schema', status: 'offSchema', reason: 'answer: x' }, undefined, undefined],
  [{ event: 'outcome', status: 'cancelled', reason: 'The run was cancelled.' }, undefined, 'The run was cancelled.'],
])('names the error of %j, and gives the reason where it is ours', (fields, error, reason) => {
  const record = logOfRow(row(fields), { agent: 'solver' }).fields
  expect(record['error.type']).toBe(error)
  expect(record['reason']).toBe(reason)
})

it('is a line of the run itself where no agent acts', () => {
  const chains = [{ stepId: 'answer', attempt: 1, rows: 5, head: HASH }]
  const end = row({
    stepId: ':run',
    event: 'end',
    status: 'failed',
    rule: 'Stopped.turnLimit',
    reason: 'said x',
    chains,
  })
  const { fields, level } = logOfRow(end)
  expect(level).toBe('warn')
  expect(fields).toMatchObject({
    'gen_ai.operation.name': 'invoke_workflow',
    rule: 'Stopped.turnLimit',
    'error.type': 'Stopped.turnLimit',
    'baton.chains': 1,
  })
  expect(fields).not.toHaveProperty('agent')
  expect(fields).not.toHaveProperty('reason')
})
