/**
 * What every model adapter must do, as cases that any test runner can run:
 *
 *     for (const { name, run } of modelContract(open)) it(name, run)
 *
 * Adapters whose model is somewhere else run `remoteModelContract` too. What a model says is not this suite's business.
 */
import assert from 'node:assert/strict'
import type { Model, ModelCallOptions } from '../models/model.ts'
import { ModelRequest, ModelResponse } from '../schema/model-call.ts'
import { type FakeClock, fakeClock } from './fake-clock.ts'

export interface ModelContractCase {
  readonly name: string
  readonly run: () => Promise<void>
}

export interface ContractSubject {
  readonly model: Model
  readonly close?: () => Promise<void>
}

/** How the other side behaves, whoever asks and however often. `hangs`: it never answers. */
export type RemoteBehaviour =
  | 'answers'
  | 'hangs'
  | 'throttles'
  | 'unavailable'
  | 'unreachable'
  | 'garbage'
  | 'denies'
  | 'rejects'

const TIMEOUT_MS = 30_000
/** What a throttling subject asks callers to wait. */
export const CONTRACT_RETRY_AFTER_MS = 2_000

/** @param open Gives a model that answers any request with text or with the tool `lookup`. */
export function modelContract(open: () => Promise<ContractSubject>): readonly ModelContractCase[] {
  return cases(open, {
    'names itself and says in one line what it is': async ({ provider, description }) => {
      assert.match(provider, /^[a-z][a-z0-9-]*$/)
      assert.match(description, /^[^\n]+$/)
    },
    'answers in the shape of the port': async (model) => {
      const response = ModelResponse.parse(await model.call(request(), options()))
      assert.equal(response.provider, model.provider)
      assert.equal(response.modelId, model.fixedModelId ?? request().modelId)
      assert.ok(response.content.length > 0, 'an answer says something')
    },
    'says toolUse if and only if it calls a tool, each by an id of its own': async (model) => {
      const { content, stopReason } = await model.call(request(), options())
      const ids = content.flatMap((block) => (block.type === 'toolUse' ? [block.id] : []))
      assert.equal(stopReason === 'toolUse', ids.length > 0)
      assert.equal(new Set(ids).size, ids.length)
    },
    'takes a conversation with tool calls, failures and odd arguments in it': async (model) => {
      ModelResponse.parse(await model.call(request({ messages: CONVERSATION }), options(2)))
    },
    'works without tools, and when one is asked for by name': async (model) => {
      ModelResponse.parse(await model.call(request({ tools: [], system: '' }), options()))
      ModelResponse.parse(await model.call(request({ toolChoice: { tool: 'lookup' } }), options()))
    },
    'leaves the request as it was': async (model) => {
      const asked = request({ messages: CONVERSATION })
      const before = structuredClone(asked)
      await model.call(asked, options(2))
      assert.deepEqual(asked, before)
    },
    'answers calls made at once': async (model) => {
      const steps = Array.from({ length: 20 }, (_, index) => options(1, { stepId: `map:${index}` }))
      const responses = await Promise.all(steps.map((step) => model.call(request(), step)))
      for (const response of responses) ModelResponse.parse(response)
    },
    'does nothing for a caller that has aborted': async (model) => {
      const reason = new Error('cancelled before')
      const thrown = await failure(model.call(request(), options(1, { signal: AbortSignal.abort(reason) })))
      assert.equal(thrown, reason)
    },
  })
}

/** @param open Gives a model on the given clock whose other side behaves so. */
export function remoteModelContract(
  open: (behaviour: RemoteBehaviour, clock: FakeClock) => Promise<ContractSubject>,
): readonly ModelContractCase[] {
  const errors: readonly (readonly [behaviour: RemoteBehaviour, name: string])[] = [
    ['throttles', 'RetryableModelThrottled'],
    ['unavailable', 'RetryableModelUnavailable'],
    ['unreachable', 'RetryableModelUnavailable'],
    ['garbage', 'RetryableModelGarbage'],
    ['denies', 'ModelAccessDenied'],
    ['rejects', 'ModelRejectedRequest'],
  ]
  const mapped = errors.map(([behaviour, name]) => ({
    name: `throws ${name} when the other side is this: ${behaviour}`,
    run: () =>
      using(open(behaviour, fakeClock()), async (model) => {
        const thrown = await failure(model.call(request(), options()))
        assert.equal(thrown.name, name)
        const { next, retryAfterMs } = thrown as { next?: string; retryAfterMs?: number }
        assert.ok(next && next.length > 0, 'an error says what to do next')
        if (behaviour === 'throttles') assert.equal(retryAfterMs, CONTRACT_RETRY_AFTER_MS)
      }),
  }))
  return [
    ...modelContract(() => open('answers', fakeClock())),
    ...mapped,
    {
      name: 'gives up after the time it was given, and not before',
      run: () => {
        const clock = fakeClock()
        return using(open('hangs', clock), async (model) => {
          let settled = false
          const failed = failure(model.call(request(), options())).finally(() => {
            settled = true
          })
          /** The adapter may need a moment before its time starts. */
          await clock.advance(0)
          await clock.advance(TIMEOUT_MS - 1)
          assert.equal(settled, false)
          await clock.advance(1)
          assert.equal((await failed).name, 'RetryableModelTimedOut')
        })
      },
    },
    {
      name: 'stops at once when its caller aborts, with the caller’s reason',
      run: () =>
        using(open('hangs', fakeClock()), async (model) => {
          const abort = new AbortController()
          const failed = failure(model.call(request(), options(1, { signal: abort.signal })))
          const reason = new Error('the run was cancelled')
          abort.abort(reason)
          assert.equal(await failed, reason)
        }),
    },
  ]
}

const CONVERSATION: ModelRequest['messages'] = [
  { role: 'user', content: [{ type: 'text', text: 'Look up the queue.' }] },
  {
    role: 'assistant',
    content: [
      { type: 'text', text: '' },
      { type: 'toolUse', id: 'use_1', name: 'lookup', input: { key: 'queue' } },
      { type: 'toolUse', id: 'use_2', name: 'no such tool', input: 'not an object' },
    ],
  },
  {
    role: 'user',
    content: [
      { type: 'toolResult', toolUseId: 'use_1', status: 'ok', content: { visibilitySeconds: 30 } },
      { type: 'toolResult', toolUseId: 'use_2', status: 'error', content: '' },
    ],
  },
]

function request(changes: Partial<ModelRequest> = {}): ModelRequest {
  return ModelRequest.parse({
    modelId: 'amazon.nova-pro-v1:0',
    system: 'Answer from the table.',
    messages: [{ role: 'user', content: [{ type: 'text', text: 'What is the visibility timeout of the queue?' }] }],
    tools: [
      {
        name: 'lookup',
        description: 'Looks up a key.',
        inputSchema: { type: 'object', properties: { key: { type: 'string' } }, required: ['key'] },
      },
    ],
    toolChoice: 'auto',
    maxTokens: 256,
    ...changes,
  })
}

function options(turn = 1, changes: Partial<ModelCallOptions> = {}): ModelCallOptions {
  const { signal } = new AbortController()
  return { agent: 'contract', stepId: 'contract', turn, timeoutMs: TIMEOUT_MS, signal, ...changes }
}

function cases(
  open: () => Promise<ContractSubject>,
  checks: Readonly<Record<string, (model: Model) => Promise<void>>>,
): readonly ModelContractCase[] {
  return Object.entries(checks).map(([name, check]) => ({ name, run: () => using(open(), check) }))
}

async function using(subject: Promise<ContractSubject>, check: (model: Model) => Promise<void>): Promise<void> {
  const { model, close } = await subject
  try {
    await check(model)
  } finally {
    await close?.()
  }
}

async function failure(call: Promise<unknown>): Promise<Error> {
  try {
    await call
  } catch (error) {
    assert.ok(error instanceof Error)
    return error
  }
  return assert.fail('the call should have failed')
}
