/**
 * A model that answers from a script, for tests of teams. Deterministic also when steps run in parallel: a reply is found
 * by agent, step and turn, never by the order in which calls happen to arrive. Not a fake language model: what the
 * script does not hold is an error.
 */
import { type Clock, systemClock } from '../clock.ts'
import { InvalidDefinition, ScriptExhausted } from '../errors.ts'
import type { ModelRequest, ModelResponse } from '../schema/model-call.ts'
import { timedOut, withDeadline } from './deadline.ts'
import type { Model, ModelCallOptions } from './model.ts'
import { parseScript, type ScriptedReply, type ScriptFile } from './script.ts'
import { failureOf, responseOf, SCRIPTED_PROVIDER } from './scripted-answer.ts'

/** A reply worked out from the request, in code. A string stands for `{ text }`. */
export type ReplyFunction = (
  request: ModelRequest,
  options: ModelCallOptions,
) => ScriptedReply | string | Promise<ScriptedReply | string>

/** One entry of a script in code. A function in a list answers one turn; a function instead of a list answers them all. */
export type ScriptEntry = ScriptedReply | string | ReplyFunction

/** Keys as in a script file: `researcher`, `writer@draft*`, `*`. Keys with a step go first, then in order. */
export type Script = Readonly<Record<string, readonly ScriptEntry[] | ReplyFunction>>

export interface ScriptedCall extends Pick<ModelCallOptions, 'agent' | 'stepId' | 'turn'> {
  readonly request: ModelRequest
}

export interface ScriptedModelOptions {
  readonly clock?: Clock
  /** Where the script comes from, for messages. @default 'the script' */
  readonly source?: string
  /** Off for benchmarks: keeping every request takes memory. @default true */
  readonly recordCalls?: boolean
}

export interface ScriptedModel extends Model {
  /** Every call so far, in the order of arrival. */
  readonly calls: readonly ScriptedCall[]
  /** @throws ScriptExhausted naming replies that no step, or not every step that came by, has asked for. */
  assertDone(): void
}

const ASKED = 'the scripted model'

/** @throws InvalidDefinition naming each fault of the script, its path and its remedy. */
export function scriptedModel(script: Script | ScriptFile, options: ScriptedModelOptions = {}): ScriptedModel {
  const { clock = systemClock, source = 'the script', recordCalls = true } = options
  const lanes = compileLanes(source, isScriptFile(script) ? script.agents : script)
  const calls: ScriptedCall[] = []

  async function call(request: ModelRequest, callOptions: ModelCallOptions): Promise<ModelResponse> {
    callOptions.signal.throwIfAborted()
    const { agent, stepId, turn } = callOptions
    if (recordCalls) calls.push({ agent, stepId, turn, request: { ...request, messages: [...request.messages] } })
    const entry = lanes.find((lane) => lane.matches(agent, stepId))?.take(stepId, turn)
    if (entry === undefined) throw exhausted(lanes, callOptions, source)
    const given = typeof entry === 'function' ? entry(request, callOptions) : entry
    const said = given instanceof Promise ? await inTime(given, callOptions) : given
    const reply = typeof said === 'string' ? { text: said } : said
    if (reply.latencyMs) await pause(reply.latencyMs, callOptions)
    if (reply.fail !== undefined) throw failureOf(reply.fail, reply, callOptions)
    return responseOf(reply, request.modelId, turn)
  }

  function inTime<T>(given: Promise<T>, callOptions: ModelCallOptions): Promise<T> {
    return withDeadline({ options: callOptions, clock, asked: ASKED, run: () => given })
  }

  /** One timer, so that hundreds of steps can wait at once at little cost. */
  async function pause(latencyMs: number, callOptions: ModelCallOptions): Promise<void> {
    await clock.sleep(Math.min(latencyMs, callOptions.timeoutMs), callOptions.signal)
    if (latencyMs > callOptions.timeoutMs) throw timedOut(ASKED, callOptions)
  }

  return {
    provider: SCRIPTED_PROVIDER,
    description: `scripted: replies from ${source}; no language model answers`,
    isLocal: true,
    calls,
    call,
    assertDone() {
      const left = lanes.flatMap((lane) => lane.leftOver())
      if (left.length === 0) return
      throw new ScriptExhausted({
        message: `${source} has replies that nobody asked for:\n  ${left.join('\n  ')}`,
        next: 'Remove them, or find out why the agent stopped before.',
      })
    },
  }
}

interface Lane {
  readonly summary: string
  matches(agent: string, stepId: string): boolean
  take(stepId: string, turn: number): ScriptEntry | undefined
  leftOver(): string[]
}

function compileLanes(source: string, script: Script): Lane[] {
  const lists = Object.entries(script).filter(([, entries]) => typeof entries !== 'function')
  const functions = Object.keys(script).filter((key) => typeof script[key] === 'function')
  const data = Object.fromEntries(lists.map(([key, entries]) => [key, (entries as readonly ScriptEntry[]).map(asData)]))
  const { agents } = parseScript(source, {
    agents: { ...data, ...Object.fromEntries(functions.map((key) => [key, [{ text: '' }]])) },
  })
  if (Object.keys(agents).length === 0) {
    const remedy = 'give at least one agent a reply, e.g. { researcher: [{ text: "…" }] }'
    throw new InvalidDefinition(source, [{ path: 'agents', message: 'the script is empty', remedy }])
  }
  const lanes = Object.entries(script).map(([key, entries]) => ({ key, lane: compileLane(key, entries) }))
  return lanes.sort((a, b) => rank(a.key) - rank(b.key)).map(({ lane }) => lane)
}

/** The most particular key decides: an agent's step, an agent, any agent's step, any agent. */
function rank(key: string): number {
  return (key.startsWith('*') ? 2 : 0) + (key.includes('@') ? 0 : 1)
}

function compileLane(key: string, entries: readonly ScriptEntry[] | ReplyFunction): Lane {
  const [agentName = key, stepGlob = '*'] = key.split('@')
  const steps = new RegExp(`^${stepGlob.split('*').map(escapeRegExp).join('.*')}$`)
  function matches(agent: string, stepId: string): boolean {
    return (agentName === '*' || agentName === agent) && (stepGlob === '*' || steps.test(stepId))
  }
  if (typeof entries === 'function') {
    return { summary: `${key}: a function`, matches, take: () => entries, leftOver: () => [] }
  }
  const slots = slotsOf(entries)
  const takenByStep = new Map<string, Set<number>>()
  return {
    summary: `${key}: ${entries.length} ${entries.length === 1 ? 'reply' : 'replies'} for turns ${turnsOf(slots)}`,
    matches,
    take(stepId, turn) {
      const taken = takenByStep.get(stepId) ?? new Set()
      takenByStep.set(stepId, taken)
      const index = slots.findIndex((slot, i) =>
        slot.repeat ? slot.turn <= turn && !waiting(slots, taken, turn, i) : slot.turn === turn && !taken.has(i),
      )
      if (index === -1) return undefined
      taken.add(index)
      return entries[index]
    },
    leftOver() {
      const steps = takenByStep.size > 0 ? [...takenByStep] : [['any step', new Set<number>()] as const]
      return steps.flatMap(([step, taken]) => {
        const left = slots.filter((_, i) => !taken.has(i))
        return left.length === 0 ? [] : [`${key}, ${step}: ${left.length} for turns ${turnsOf(left)}`]
      })
    },
  }
}

interface Slot {
  readonly turn: number
  readonly repeat: boolean
}

/** Which turn each entry answers. A failure answers the same turn as what comes after it. */
function slotsOf(entries: readonly ScriptEntry[]): Slot[] {
  let next = 1
  return entries.map((entry) => {
    const { turn = next, repeat = false, fail } = asData(entry)
    next = fail === undefined ? turn + 1 : turn
    return { turn, repeat }
  })
}

/** A later entry made for exactly this turn, not used yet, goes before one that repeats. */
function waiting(slots: readonly Slot[], taken: ReadonlySet<number>, turn: number, index: number): boolean {
  return slots.some((slot, i) => i > index && slot.turn === turn && !taken.has(i))
}

function turnsOf(slots: readonly Slot[]): string {
  return slots.map((slot) => (slot.repeat ? `${slot.turn} and later` : `${slot.turn}`)).join(', ')
}

function asData(entry: ScriptEntry): ScriptedReply {
  if (typeof entry === 'function') return { text: '' }
  return typeof entry === 'string' ? { text: entry } : entry
}

function escapeRegExp(text: string): string {
  return text.replaceAll(/[.:/=-]/g, '\\$&')
}

function isScriptFile(script: Script | ScriptFile): script is ScriptFile {
  return typeof script['agents'] === 'object' && !Array.isArray(script['agents'])
}

function exhausted(lanes: readonly Lane[], { agent, stepId, turn }: ModelCallOptions, source: string): ScriptExhausted {
  return new ScriptExhausted({
    message: `agent ${agent} (step ${stepId}, turn ${turn}) asked for an answer that ${source} does not hold; it holds\n  ${lanes.map((lane) => lane.summary).join('\n  ')}`,
    next: `Add a reply for turn ${turn} under "${agent}" or "${agent}@${stepId}".`,
  })
}
