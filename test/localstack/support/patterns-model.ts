/** What the models of the patterns team answer: plain arithmetic on their input, so that both hosts give the same. */

import type { ScriptedReply } from '../../../src/models/script.ts'
import { type ScriptedModel, scriptedModel } from '../../../src/models/scripted.ts'
import { isJsonObject, type Json, type JsonObject } from '../../../src/schema/json.ts'
import type { ModelRequest } from '../../../src/schema/model-call.ts'
import { EFFECT_TOOLS } from '../effects.agents.ts'

const usage = { inputTokens: 7, outputTokens: 3 }
/** The reply to a word that begins so is refused, for as long as the word says in its count: `refused-2-x`. */
const REFUSED = /^refused-(\d+)-/

const YES = { verdict: 'yes', sure: 0.9 }

export function patternsModel(): ScriptedModel {
  const refusals = new Map<string, number>()
  const submits = (work: (input: JsonObject) => Json) => (request: ModelRequest) => ({
    submit: work(inputOf(request)),
    usage,
  })
  return scriptedModel(
    {
      splitter: submits(({ word, count }) => ({
        items: Array.from({ length: Number(count) }, (_, index) => `${word}-${index}`),
        urgent: Number(count) === 1,
      })),
      worker: submits(({ item }) => scored(String(item))),
      flaky: submits(({ item }) => scored(String(item))),
      broken: submits(({ item }) => scored(String(item))),
      'joiner@*shape-do*': submits(({ id, earlier, request }) => ({
        report: wordOf(request).startsWith('differ') ? `alone-${id}` : 'alike',
        score: (earlier as readonly Json[]).length > 0 ? 1 : 0,
      })),
      joiner: submits((input) => ({ report: Object.keys(input).sort().join(' '), score: sumOf(input) })),
      counter: submits(({ count }) => ({ count: Number(count) + 1 })),
      producer: submits(({ bytes }) => ({ text: 'ü'.repeat(Number(bytes) / 2) })),
      consumer: submits(({ text }) => ({ length: String(text).length, end: String(text).slice(-3) })),
      surveyor: (request) => {
        const item = String(inputOf(request)['item'])
        const result = request.messages.at(-1)?.content.find((block) => block.type === 'toolResult')
        if (result === undefined) return { toolUses: [{ name: 'measure', input: { text: item } }], usage }
        return { submit: { text: item, score: (result.content as { length: number }).length }, usage }
      },
      'assessor@*-two*': submits(({ item }) => (/^split/.test(String(item)) ? { verdict: 'no', sure: 0.7 } : YES)),
      assessor: submits(() => YES),
      'hare@*bid*': submits((input) => bidsOn(input, 0.9)),
      hare: submits(({ text }) => (text === 'easy' ? { done: text } : {})),
      'tortoise@*bid*': submits((input) => bidsOn(input, 0.5)),
      tortoise: submits(({ text }) => (text === 'impossible' ? {} : { done: String(text) })),
      shaper: submits(graphOf),
      chief: submits(planOf),
      scribe: submits(({ objective }) => (String(objective).endsWith('xxx') ? {} : { word: String(objective) })),
      herald: submits(({ results, gaps, ended }) => ({ told: JSON.stringify([results, gaps, ended]) })),
      'umpire@*floor*': submits(({ turn }) => ({
        next: Number(turn) > 2 ? null : 'righty',
        reason: `turn ${turn}`,
      })),
      'lefty@*talk*': submits(({ turn }) => ({ message: `left ${turn}`, agrees: Number(turn) > 1 })),
      'righty@*talk*': submits(({ turn }) => ({ message: `right ${turn}`, agrees: true })),
      lefty: submits(({ task }) => (wordOf(task) === 'mine' ? { word: 'mine' } : passedTo('righty'))),
      righty: submits(({ task }) =>
        wordOf(task) === 'pong'
          ? passedTo('lefty')
          : wordOf(task) === 'broken'
            ? {}
            : { word: `by right: ${wordOf(task)}` },
      ),
      mute: submits(() => ({ said: 'nothing' })),
      arbiter: submits(({ candidates }) => {
        const labels = candidates as readonly { readonly label: string; readonly value: Json }[]
        const { label = 'none' } = labels.find(({ value }) => value === 'no') ?? {}
        return { choice: label, reason: 'It is safer.' }
      }),
      'sender@*keep*': (request) => {
        const results = resultsOf(request)
        if (results.length > 0) return { submit: { sent: results.length }, usage }
        const word = String(inputOf(request)['word'])
        const facts = [
          { text: `The ${word} is served at four.`, subject: word, source: 'the menu' },
          { text: 'The office closes at six.', subject: 'office', source: 'the door' },
        ]
        return { toolUses: facts.map((input) => ({ name: 'remember', input })), usage }
      },
      'receiver@*find*': (request) => {
        const [result] = resultsOf(request)
        const query = `When is ${inputOf(request)['word']} served?`
        if (result === undefined) return { toolUses: [{ name: 'search_memory', input: { query, limit: 1 } }], usage }
        const { facts = [] } = result as unknown as { facts?: { text: string; version: number }[] }
        return { submit: { words: facts.map(({ text, version }) => `${version} ${text}`) }, usage }
      },
      sender: (request) => {
        const letter = (page: number) => ({
          type: 'letter',
          to: 'receiver',
          body: { word: inputOf(request)['word'] ?? '', page },
        })
        if (resultsOf(request).length > 0) return { submit: { sent: resultsOf(request).length }, usage }
        return { toolUses: [1, 2].map((page) => ({ name: 'send_message', input: { message: letter(page) } })), usage }
      },
      receiver: (request) => {
        const [result] = resultsOf(request)
        if (result === undefined) return { toolUses: [{ name: 'read_messages', input: {} }], usage }
        const { messages } = result as unknown as { messages: { body: { word: string; page: number } }[] }
        return { submit: { words: messages.map(({ body }) => `${body.page} ${body.word}`) }, usage }
      },
      hijacked: (request) => {
        const [result] = resultsOf(request)
        if (result !== undefined) return { submit: result, usage }
        return { toolUses: [{ name: 'reach', input: { runId: inputOf(request)['runId'] ?? '' } }], usage }
      },
      clerk: (request) => usesOnce(request, ['post']),
      booker: (request) => usesOnce(request, ['book']),
      effector: (request) =>
        usesOnce(
          request,
          EFFECT_TOOLS.map(({ name }) => name),
        ),
      fragile: (request): ScriptedReply => {
        const item = String(inputOf(request)['item'])
        const times = Number(REFUSED.exec(item)?.[1] ?? 0)
        const refused = refusals.get(item) ?? 0
        refusals.set(item, refused + 1)
        if (refused < times) return { fail: 'rejected', message: `refused ${refused + 1} of ${times}` }
        return { submit: scored(item), usage }
      },
    },
    { recordCalls: false, source: 'the patterns model' },
  )
}

function wordOf(task: Json | undefined): string {
  return String((task as JsonObject)['word'])
}

function passedTo(to: string): Json {
  return { handoff: { to, message: 'yours', reason: `${to} can do it` } }
}

/** What the tools of the last answer gave. */
function resultsOf({ messages }: ModelRequest): readonly Json[] {
  return messages.at(-1)?.content.flatMap((block) => (block.type === 'toolResult' ? [block.content] : [])) ?? []
}

/** Calls the tools, then hands in what came of it and how often that was something. */
function usesOnce(request: ModelRequest, names: readonly string[]): ScriptedReply {
  const text = String(inputOf(request)['item'])
  const results = request.messages.at(-1)?.content.filter((block) => block.type === 'toolResult') ?? []
  if (results.length === 0) return { toolUses: names.map((name) => ({ name, input: { text } })), usage }
  const done = results.filter(({ content }) => isJsonObject(content) && 'done' in content)
  return { submit: { text: JSON.stringify(results.map(({ content }) => content)), score: done.length }, usage }
}

/** One task for each letter, the first one twice until that comes back; later, what is still a gap. */
function planOf({ request, refused, progress }: JsonObject): Json {
  const { results, gaps } = progress as unknown as Readonly<Record<'results' | 'gaps', { readonly id: string }[]>>
  const isFirst = results.length + gaps.length === 0
  const word = String((request as JsonObject)['word'])
  const letters = isFirst ? [...(refused === null ? (word[0] ?? '') : ''), ...word] : gaps.map(({ id }) => id.slice(-1))
  const tasks = letters.map((letter, index) => ({
    ...{ id: isFirst && index > 0 && letter === letters[0] ? `again-${letter}` : `letter-${letter}`, agent: 'scribe' },
    ...{ objective: `Copy ${letter.repeat(3)}`, outputFormat: 'a word', tools: [], boundaries: 'nothing else' },
  }))
  return { effort: 'high', tasks, done: true, notes: '' }
}

/** `differ weak r>a r>b`: whether its parts agree, how its edges couple, its edges; a lone letter is a part without any. */
function graphOf({ request }: JsonObject): Json {
  const [, coupling = 'weak', ...pieces] = wordOf(request).split(' ')
  const edges = pieces.flatMap((piece) => {
    const [from, to] = piece.split('>')
    return to === undefined ? [] : [{ from: String(from), to, coupling }]
  })
  const ids = [...new Set(pieces.flatMap((piece) => piece.split('>')))]
  const parts = ids.map((id) => {
    const needs = edges.filter(({ to }) => to === id).map(({ from }) => ` \${${from}}`)
    return { id, agent: 'joiner', objective: `Join ${id}${needs.join('')}`, weight: 1 }
  })
  return { parts, edges, reason: 'as the word spells it' }
}

function bidsOn({ tasks }: JsonObject, confidence: number): Json {
  const ids = (tasks as readonly JsonObject[]).map(({ id }) => String(id))
  return { bids: ids.map((task) => ({ task, confidence, note: '' })) }
}

function scored(item: string): Json {
  return { text: item.toUpperCase(), score: item.length }
}

/** Of all numbers named `score` or `count`, however deep. */
function sumOf(value: Json | undefined, key = ''): number {
  if (typeof value === 'number') return key === 'score' || key === 'count' ? value : 0
  if (typeof value !== 'object' || value === null) return 0
  return Object.entries(value).reduce((sum, [name, part]) => sum + sumOf(part, name), 0)
}

/** The second text of the first message is the input as JSON, and nothing else. */
function inputOf({ messages }: ModelRequest): JsonObject {
  const texts = messages[0]?.content.flatMap((block) => (block.type === 'text' ? [block.text] : [])) ?? []
  return JSON.parse(texts[1] ?? '{}') as JsonObject
}
