/**
 * `converse`: agents talk about one topic, one at a time. Who speaks next is a policy: in turn, by an expression, or as a
 * moderator says; names are only ever taken from those declared. It ends by a rule, by agreement, or at its bound.
 */
import * as z from 'zod'
import { InvalidDefinition, type Issue } from '../errors.ts'
import type { Agent } from './agent.ts'
import { type Floor, Said, type Utterance } from './contract-speak.ts'
import { isKind, parseDefinition, requireFields } from './definition.ts'
import { eq, exists, failure, jsonata, jsonataOf, or, type Ref, type Typed, type Value } from './expressions.ts'
import { compute, contractStep, pattern } from './pattern-node.ts'
import { checkName, choose, from, type Node, repeat, sequence, when } from './patterns.ts'

type Speaker = Agent<z.ZodType, z.ZodType>

const ENDS = ['agreement', 'rule', 'moderator', 'silence', 'bound'] as const

/** What was said, and how it ended. */
export interface Conversation {
  /**
   * `agreement`: the last word of each is that they agree. `rule`: `until` held. `moderator`: it was enough for them. `silence`:
   * nobody said anything any more. `bound`: as many turns as there may be.
   */
  readonly ended: (typeof ENDS)[number]
  /** The last `window` of it, the oldest first; who failed is a gap. All of it is in the journal. */
  readonly transcript: Said[]
  readonly turns: number
  /** Whose last word is that they agree. */
  readonly agreed: string[]
}

/** What the policies and `until` can read. */
interface Talk {
  readonly last: Said | null
  readonly transcript: Said[]
  readonly turns: number
  readonly agreed: string[]
}

/** Who speaks next. */
export type SpeakerPolicy =
  | { readonly by: 'turn' }
  | { readonly by: 'rule'; readonly next: (talk: Ref<Talk>) => Typed<string> }
  | { readonly by: 'moderator'; readonly agent: Speaker }

export const speaker = {
  /** One after the other, in the order declared. */
  roundRobin: (): SpeakerPolicy => ({ by: 'turn' }),
  /** Whose name the expression gives; where it gives no speaker's, whoever is next in turn. */
  rule: (next: (talk: Ref<Talk>) => Typed<string>): SpeakerPolicy => ({ by: 'rule', next }),
  /** Whom the agent names, until it says that it is enough; where it fails, whoever is next in turn. */
  moderator: (agent: Speaker): SpeakerPolicy => ({ by: 'moderator', agent }),
}

interface ConverseOptions<S extends Speaker> {
  /** Each takes the topic as its input. 2 to 20. */
  readonly agents: readonly S[]
  readonly topic: Value<z.input<S['input']>>
  /** @default speaker.roundRobin() */
  readonly speaker?: SpeakerPolicy
  /** @default 'agreement' */
  readonly until?: 'agreement' | ((talk: Ref<Talk>) => Typed<boolean>)
  /** Turns at most. @default 12 */
  readonly max?: number
  /** Of the transcript, how much each speaker is shown and the output keeps. @default 12 */
  readonly window?: number
}

const MAX_TURNS = 100
const MAX_WINDOW = 30
const LONGEST_NAME = 48
/** Of what one said. */
const SAID_BYTES = 4_400

const AnAgent = z.custom<Speaker>((value) => isKind(value, 'agent'), {
  error: 'an agent made by defineAgent is expected',
  params: { remedy: 'give agents: [author, critic]' },
})
const Options = z.strictObject({
  agents: z.array(AnAgent).min(2, 'at least two agents talk').max(20),
  max: z.int().min(1).max(MAX_TURNS).default(12),
  window: z.int().min(1).max(MAX_WINDOW).default(12),
})
type Options = z.output<typeof Options>

const REMEDIES = { max: `set max to 1 to ${MAX_TURNS}`, window: `set window to 1 to ${MAX_WINDOW}` }

const State = z.strictObject({
  transcript: z.array(Said),
  turns: z.int(),
  last: Said.nullable(),
  /** By speaker, the last word. */
  agrees: z.record(z.string(), z.boolean()),
  agreed: z.array(z.string()),
  /** Turns in a row in which nothing was said. */
  silent: z.int(),
  /** null: it goes on. */
  ended: z.enum(ENDS).nullable(),
})
type State = z.infer<typeof State>

export function converse<const S extends Speaker>(name: string, options: ConverseOptions<S>): Node<Conversation> {
  checkName('converse', name)
  const label = `converse "${name}"`
  requireFields(label, options, `converse('${name}', { agents: [author, critic], topic: run.input })`)
  const { topic, speaker: policy = speaker.roundRobin(), until = 'agreement', ...rest } = options
  const given = parseDefinition(label, Options, rest, { others: ['topic', 'speaker', 'until'], remedies: REMEDIES })
  const issues = faultsOf(name, given, policy, topic)
  if (issues.length > 0) throw new InvalidDefinition(label, issues)
  const { agents, max, window } = given
  const bytes = 2_000 + (window + 1) * SAID_BYTES
  const initial = { transcript: [], turns: 0, last: null, agrees: {}, agreed: [], silent: 0, ended: null }
  const turns = repeat<State, State>(
    `${name}-turns`,
    ({ previous }) => round(name, given, policy, topic, previous, bytes),
    {
      max,
      initial: initial as never,
      until: (state) => or(exists(state.ended), held(state, until, agents.length)),
    },
  )
  const result = compute(`${name}-result`, resultOf(from(turns), until, agents.length), Result, bytes)
  const by = policy.by === 'turn' ? 'in turn' : policy.by === 'rule' ? 'by rule' : `as ${policy.agent.name} says`
  const details = [agents.map((agent) => agent.name).join(', '), `${by}, at most ${max} turns`]
  return pattern(name, 'converse', sequence(turns, result), details) as Node<Conversation>
}

const Result = z.strictObject({
  ended: z.enum(ENDS),
  transcript: z.array(Said),
  turns: z.int(),
  agreed: z.array(z.string()),
})

/** Who is next, what they say, and what there is to keep of it. */
function round(
  name: string,
  given: Options,
  policy: SpeakerPolicy,
  topic: unknown,
  talk: Ref<State>,
  bytes: number,
): Node<State> {
  const { agents, window } = given
  const names = agents.map((agent) => agent.name)
  const { transcript, turns } = talk
  const turn = jsonata<number>('$turns + 1', { turns })
  const seen = { topic, speakers: names, transcript, turn }
  const moderator =
    policy.by === 'moderator'
      ? contractStep<Floor | { failed: string }>(
          `${name}-floor`,
          policy.agent,
          { kind: 'moderate', speakers: names },
          {
            input: seen,
            otherwise: { failed: failure.reason },
          },
        )
      : undefined
  const who = compute(`${name}-next`, { next: nextOf(names, policy, talk, moderator) }, Next, 100)
  const { next } = from(who)
  const arms = agents.map((agent) => {
    const input = { ...seen, you: agent.name }
    const said = contractStep(
      `${name}-${agent.name}`,
      agent,
      { kind: 'speak' },
      { input, otherwise: { gap: failure.reason } },
    )
    return when(eq(next, agent.name), said)
  })
  const said = choose(`${name}-who`, arms)
  const after = compute(`${name}-said`, afterOf(names, window, talk, next, from(said) as never), State, bytes)
  return sequence(...(moderator ? [moderator] : []), who, said, after) as Node<State>
}

const Next = z.strictObject({ next: z.string().nullable() })

/** null: the moderator has had enough. What is no speaker's name is nobody's: whoever is next in turn speaks. */
function nextOf(
  names: readonly string[],
  policy: SpeakerPolicy,
  talk: Ref<State>,
  moderator: Node<unknown> | undefined,
) {
  const inTurn = `$names[$turns % ${names.length}]`
  const base = { names, turns: talk.turns }
  if (policy.by === 'turn') return jsonata<string>(inTurn, base)
  if (policy.by === 'rule') {
    const { transcript, last, turns, agreed } = talk
    const wanted = policy.next({ last, transcript, turns, agreed } as unknown as Ref<Talk>)
    return jsonata<string>(`$wanted in $names ? $wanted : ${inTurn}`, { ...base, wanted })
  }
  const { next, failed } = from(moderator as Node<{ next: string | null; failed: string }>)
  return jsonata<string | null>(`$exists($failed) ? ${inTurn} : $next`, { ...base, next, failed })
}

function afterOf(
  names: readonly string[],
  window: number,
  talk: Ref<State>,
  next: Ref<string | null>,
  said: Ref<Utterance & { gap: string }>,
) {
  const { transcript, turns, last, agrees, silent } = talk
  const { message, agrees: does, gap } = said
  const bindings = { next, transcript, turns, last, agrees, silent, message, does, gap, names }
  const spoken = '$exists($message)'
  const entry = `${spoken} ? {"speaker": $next, "message": $message, "agrees": $does} : {"speaker": $next, "message": "", "agrees": false, "gap": $exists($gap) ? $gap : "said nothing"}`
  const raw = (text: string) => jsonataOf(`$next = null ? ${text}`, bindings)
  const map = `$merge([$agrees, {$next: ${spoken} ? $does : false}])`
  const every = `$append($transcript, [${entry}])`
  return {
    transcript: raw(
      `$transcript : ($all := ${every}; $count($all) > ${window} ? [$all[[$count($all) - ${window}..$count($all) - 1]]] : $all)`,
    ),
    turns: raw('$turns : $turns + 1'),
    last: raw(`$last : (${entry})`),
    agrees: raw(`$agrees : ${map}`),
    agreed: raw(`[$names[$lookup($agrees, $) = true]] : ($map := ${map}; [$names[$lookup($map, $) = true]])`),
    silent: raw(`$silent : (${spoken} ? 0 : $silent + 1)`),
    ended: raw(`"moderator" : (${spoken} ? null : $silent + 1 >= ${names.length} ? "silence" : null)`),
  }
}

type Until = NonNullable<ConverseOptions<Speaker>['until']>

/** Whether the rule of the conversation, or the agreement of all, holds. */
function held(state: Ref<State>, until: Until, speakers: number): Typed<boolean> {
  if (until !== 'agreement') return until(state as unknown as Ref<Talk>)
  return jsonata<boolean>(`$count($agreed) = ${speakers}`, { agreed: state.agreed })
}

function resultOf(state: Ref<State>, until: Until, speakers: number) {
  const { transcript, turns, agreed, ended } = state
  const rule = until === 'agreement' ? 'agreement' : 'rule'
  const how = `$ended != null ? $ended : $held = true ? "${rule}" : "bound"`
  return { ended: jsonata(how, { ended, held: held(state, until, speakers) }), transcript, turns, agreed }
}

function faultsOf(name: string, { agents }: Options, policy: SpeakerPolicy, topic: unknown): Issue[] {
  const issues: Issue[] = []
  const names = agents.map((agent) => agent.name as string)
  for (const [index, agent] of agents.entries()) {
    const path = `agents.${index}`
    if (names.indexOf(agent.name) !== index) {
      issues.push({ path, message: `${agent.name} is there twice`, remedy: 'list each agent once' })
    }
    if (`${name}-${agent.name}`.length > LONGEST_NAME) {
      const message = `the name of its step, ${name}-${agent.name}, has more than ${LONGEST_NAME} characters`
      issues.push({ path, message, remedy: 'give the pattern, or the agent, a shorter name' })
    }
  }
  if (topic === undefined)
    issues.push({ path: 'topic', message: 'the topic is missing', remedy: 'give topic: run.input' })
  if (policy.by === 'moderator' && !isKind(policy.agent, 'agent')) {
    issues.push({ path: 'speaker', message: 'the moderator is no agent', remedy: 'give speaker.moderator(agent)' })
  }
  return issues
}
