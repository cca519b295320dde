import { describe, expect, it } from 'vitest'
import type { ModelCallOptions } from '../../../src/models/model.ts'
import { type Script, scriptedModel } from '../../../src/models/scripted.ts'
import { ModelRequest, ModelResponse, SUBMIT_OUTPUT_TOOL } from '../../../src/schema/model-call.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

const request: ModelRequest = ModelRequest.parse({
  modelId: 'any.model',
  system: '',
  messages: [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }],
  tools: [],
  toolChoice: 'auto',
  maxTokens: 100,
})

function asked(agent: string, stepId: string, turn = 1, signal = new AbortController().signal): ModelCallOptions {
  return { agent, stepId, turn, signal, timeoutMs: 1_000 }
}

describe('scriptedModel', () => {
  it('answers with text, tool uses and output in the shape of the port', async () => {
    const model = scriptedModel({
      planner: [
        { text: 'Looking.', toolUses: [{ name: 'search', input: { query: 'sqs' } }] },
        { submit: { topics: ['a'] }, usage: { inputTokens: 12, outputTokens: 3 } },
      ],
    })

    const first = ModelResponse.parse(await model.call(request, asked('planner', 'plan', 1)))
    const second = ModelResponse.parse(await model.call(request, asked('planner', 'plan', 2)))

    expect(first.stopReason).toBe('toolUse')
    expect(first.content).toEqual([
      { type: 'text', text: 'Looking.' },
      { type: 'toolUse', id: 'use-1-2', name: 'search', input: { query: 'sqs' } },
    ])
    expect(second.content).toEqual([
      { type: 'toolUse', id: 'use-2-1', name: SUBMIT_OUTPUT_TOOL, input: { topics: ['a'] } },
    ])
    expect(second.usage).toEqual({ inputTokens: 12, outputTokens: 3, cacheReadTokens: 0, cacheWriteTokens: 0 })
    expect(second).toMatchObject({ provider: 'scripted', modelId: 'any.model', notice: expect.stringContaining('no') })
    model.assertDone()
  })

  it('gives every step of an agent the list from its start, whatever the order of arrival', async () => {
    const model = scriptedModel({ worker: ['one', 'two'] })
    const order = [asked('worker', 'map:0', 1), asked('worker', 'map:1', 1), asked('worker', 'map:1', 2)]

    const answers = await Promise.all([...order, asked('worker', 'map:0', 2)].map((o) => model.call(request, o)))

    expect(answers.map((answer) => answer.content[0])).toMatchObject(
      ['one', 'one', 'two', 'two'].map((text) => ({ text })),
    )
    expect(model.calls.map((call) => call.stepId)).toEqual(['map:0', 'map:1', 'map:1', 'map:0'])
    model.assertDone()
  })

  it('prefers the most particular key, with * for any characters', async () => {
    const model = scriptedModel({
      '*': () => 'anyone',
      writer: ['any step'],
      'writer@refine=*/draft': ['a draft'],
      'writer@refine=2/draft': ['never: the key before it matches too'],
    })

    const texts = await Promise.all(
      [asked('writer', 'refine=2/draft'), asked('writer', 'final'), asked('critic', 'final')].map(
        async (o) => (await model.call(request, o)).content,
      ),
    )

    expect(texts.flat()).toMatchObject([{ text: 'a draft' }, { text: 'any step' }, { text: 'anyone' }])
  })

  it('fails first and answers the same turn afterwards', async () => {
    const model = scriptedModel({ a: [{ fail: 'throttled', retryAfterMs: 250 }, { fail: 'garbage' }, 'fine', 'more'] })

    await expect(model.call(request, asked('a', 's', 1))).rejects.toMatchObject({
      name: 'RetryableModelThrottled',
      retryAfterMs: 250,
    })
    await expect(model.call(request, asked('a', 's', 1))).rejects.toMatchObject({ name: 'RetryableModelGarbage' })
    expect((await model.call(request, asked('a', 's', 1))).content).toMatchObject([{ text: 'fine' }])
    expect((await model.call(request, asked('a', 's', 2))).content).toMatchObject([{ text: 'more' }])
  })

  it('finds its place by turn, so that a resumed step goes on where the script is', async () => {
    const model = scriptedModel({ a: ['one', { fail: 'unavailable' }, 'two', { text: 'five', turn: 5 }] })

    await expect(model.call(request, asked('a', 's', 2))).rejects.toMatchObject({ name: 'RetryableModelUnavailable' })
    expect((await model.call(request, asked('a', 's', 2))).content).toMatchObject([{ text: 'two' }])
    expect((await model.call(request, asked('a', 's', 5))).content).toMatchObject([{ text: 'five' }])
  })

  it('repeats for ever what is marked so, but not before a reply made for that turn', async () => {
    const model = scriptedModel({
      a: [
        { text: 'again', repeat: true },
        { text: 'third', turn: 3 },
      ],
    })

    const texts: unknown[] = []
    for (const turn of [1, 2, 3, 4, 900]) texts.push(...(await model.call(request, asked('a', 's', turn))).content)

    expect(texts).toMatchObject(['again', 'again', 'third', 'again', 'again'].map((text) => ({ text })))
  })

  it('says who asked for what, and what the script holds, when it has no reply', async () => {
    const model = scriptedModel({ writer: ['one'], 'critic@check': [{ text: 'x' }] })
    await model.call(request, asked('writer', 'draft'))

    await expect(model.call(request, asked('writer', 'draft'))).rejects.toMatchObject({
      name: 'ScriptExhausted',
      message: expect.stringMatching(
        /agent writer \(step draft, turn 1\)[\s\S]*critic@check: 1 reply for turns 1[\s\S]*writer/,
      ),
      next: expect.stringContaining('turn 1'),
    })
    await expect(model.call(request, asked('stranger', 's'))).rejects.toMatchObject({ name: 'ScriptExhausted' })
  })

  it('reports what is left over, by step', async () => {
    const model = scriptedModel({ worker: ['one', 'two'], idle: ['never'] })
    await model.call(request, asked('worker', 'map:0', 1))
    await model.call(request, asked('worker', 'map:0', 2))
    await model.call(request, asked('worker', 'map:1', 1))

    expect(() => model.assertDone()).toThrow(/worker, map:1: 1 for turns 2\n {2}idle, any step: 1 for turns 1/)
  })

  it('keeps requests as they were when asked', async () => {
    const model = scriptedModel({ a: ['one'] })
    const growing = { ...request, messages: [...request.messages] }
    await model.call(growing, asked('a', 's'))
    growing.messages.push({ role: 'assistant', content: [{ type: 'text', text: 'later' }] })

    expect(model.calls[0]?.request.messages).toHaveLength(1)
  })

  it('takes its time on the clock, times out and aborts', async () => {
    const clock = fakeClock()
    const slow: Script = { a: [{ text: 'late', latencyMs: 400 }], b: [{ text: 'too late', latencyMs: 1_001 }] }
    const model = scriptedModel({ ...slow, c: [{ text: 'never', latencyMs: 900 }] }, { clock })
    const abort = new AbortController()

    const late = model.call(request, asked('a', 's'))
    const tooLate = model.call(request, asked('b', 's')).catch((error) => error)
    const aborted = model.call(request, asked('c', 's', 1, abort.signal)).catch((error) => error)
    abort.abort(new Error('the run was cancelled'))
    await clock.advance(1_000)

    expect((await late).content).toMatchObject([{ text: 'late' }])
    expect(await tooLate).toMatchObject({ name: 'RetryableModelTimedOut' })
    expect(await aborted).toMatchObject({ message: 'the run was cancelled' })
  })

  it('takes replies from code, at once or later, within the time of the call', async () => {
    const clock = fakeClock()
    const model = scriptedModel(
      {
        quick: (asked) => ({ text: `${asked.messages.length} message` }),
        later: [async () => 'later'],
        never: () => new Promise(() => {}),
      },
      { clock },
    )

    expect((await model.call(request, asked('quick', 's'))).content).toMatchObject([{ text: '1 message' }])
    expect((await model.call(request, asked('later', 's'))).content).toMatchObject([{ text: 'later' }])
    const never = model.call(request, asked('never', 's')).catch((error) => error)
    await clock.advance(1_000)
    expect(await never).toMatchObject({ name: 'RetryableModelTimedOut' })
    model.assertDone()
  })

  it('refuses a script that cannot be played, naming each fault', () => {
    expect(() => scriptedModel({ 'Bad Key': ['x'] })).toThrow(/agents\.Bad Key: a key is/)
    expect(() => scriptedModel({ a: [{ text: 'x', fail: 'garbage' }] })).toThrow(/agents\.a\.0\.fail/)
    expect(() => scriptedModel({})).toThrow(/the script is empty/)
  })
})
