import { expect, it } from 'vitest'
import { logOfInvocation } from '../../../src/telemetry/invocation-log.ts'
import { CONTENT_CHARACTERS } from '../../../src/telemetry/row-content.ts'
import { logOfRow } from '../../../src/telemetry/row-log.ts'
import { stepMetrics } from '../../../src/telemetry/row-metrics.ts'
import { CANARY, rowsWithCanaries } from './canaries.ts'
import { rowsOfStep } from './step-rows.ts'

it('is in no line and no metric unless it is asked for', async () => {
  const told = await rowsWithCanaries()
  const lines = told.map(({ row }) => logOfRow(row, { agent: 'solver' }))
  const events = lines.map(({ fields }) => `${fields['event']}:${fields['rule'] ?? fields['status'] ?? ''}`)
  expect(events.toSorted()).toEqual([
    'decision:model.retry',
    'outcome:completed',
    'rejection:sure',
    'start:',
    'tool:argumentsOffSchema',
    'tool:error',
    'tool:ok',
    'tool:unknownTool',
    'turn:toolUse',
    'turn:toolUse',
    'turn:toolUse',
  ])
  expect(lines.filter(({ level }) => level === 'warn')).toHaveLength(5)
  const rows = told.map(({ row }) => row)
  expect(JSON.stringify(lines)).not.toMatch(CANARY)
  expect(JSON.stringify(stepMetrics(rows, { agent: 'solver' }))).not.toMatch(CANARY)
})

it('is in the lines where it is asked for; prompts, inputs and settings never are', async () => {
  const told = await rowsWithCanaries()
  const lines = told.map(({ row, body }) => logOfRow(row, { agent: 'solver', content: { body } }))
  const found = new Set(JSON.stringify(lines).match(new RegExp(CANARY, 'g')))
  expect([...found].toSorted()).toEqual([
    'canary-answer',
    'canary-argument',
    'canary-key',
    'canary-message',
    'canary-name',
    'canary-problem',
    'canary-provider',
    'canary-result',
    'canary-thought',
    'canary-tool',
    'canary-uri',
    'canary-wrong',
  ])
})

it('has the names of OpenTelemetry', async () => {
  const told = await rowsWithCanaries()
  const lines = told.map(({ row, body }) => logOfRow(row, { agent: 'solver', content: { body } }).fields)
  const turn = lines.find(({ event }) => event === 'turn')
  expect(JSON.parse(String(turn?.['gen_ai.output.messages']))).toEqual([
    {
      role: 'assistant',
      parts: [
        { type: 'text', content: 'canary-thought' },
        { type: 'tool_call', id: expect.any(String), name: 'read', arguments: { path: 'canary-argument' } },
        { type: 'tool_call', id: expect.any(String), name: 'read', arguments: { path: 'throw' } },
        { type: 'tool_call', id: expect.any(String), name: 'canary-tool', arguments: {} },
        { type: 'tool_call', id: expect.any(String), name: 'read', arguments: { 'canary-key': 1 } },
      ],
    },
  ])
  const read = lines.find(({ event, status }) => event === 'tool' && status === 'ok')
  expect(read).toMatchObject({ 'gen_ai.tool.call.result': '{"text":"canary-result"}' })
})

it('is cut where a line could not hold it', async () => {
  const [, turn] = await rowsOfStep({ solver: [{ submit: { answer: 'x'.repeat(CONTENT_CHARACTERS) } }] })
  const text = turn && logOfRow(turn.row, { content: { body: turn.body } }).fields['gen_ai.output.messages']
  expect(String(text)).toMatch(/^\[\{"role":"assistant".* … \[cut: \d+ more characters\]$/)
  expect(String(text).length).toBeLessThan(CONTENT_CHARACTERS + 100)
})

it('is an error message too, of which only the name and the place in the code are told', () => {
  const error = new TypeError('no canary-message')
  const end = { durationMs: 12, error }
  expect(JSON.stringify(logOfInvocation({ ...end, logContent: false }))).not.toMatch(CANARY)
  expect(logOfInvocation({ ...end, logContent: false })).toMatchObject({
    event: 'invocation',
    'baton.duration_ms': 12,
    'error.type': 'TypeError',
    'baton.error.frames': expect.arrayContaining([expect.stringMatching(/^at .*row-content\.test\.ts:\d+:\d+\)?$/)]),
  })
  expect(logOfInvocation({ ...end, logContent: true })['baton.error.message']).toBe('no canary-message')
})
