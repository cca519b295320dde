/** What a step does with its team's memory: it searches and adds to the spaces that its agent was granted. */
import type { MemorySpace } from '../define/memory.ts'
import { RecordsUnavailable } from '../errors.ts'
import { type Label, UNTRUSTED } from '../schema/label.ts'
import { REMEMBER_TOOL, SEARCH_MEMORY_TOOL } from '../schema/model-call.ts'
import type { ToolResult } from '../schema/tool-call.ts'
import type { IdentifiedCall } from '../tools/call-id.ts'
import type { IsolatedAnswer } from '../tools/isolated-call.ts'
import { DEFAULT_FACTS, RememberInput, RememberOutput, SearchMemoryInput, SearchMemoryOutput } from './memory-tools.ts'
import { labelsOf } from './provenance.ts'
import type { RememberedFact, StepMemory } from './step-memory.ts'
import type { StepRun } from './step-run.ts'

/** Characters of all facts of an answer, as JSON. */
const SHOWN_CHARACTERS = 48 * 1024

/** @param input As the gate let it through. @returns undefined where the tool is another. */
export function memoryCall(
  run: StepRun,
  tool: { readonly name: string },
  { callId }: Pick<IdentifiedCall, 'callId'>,
  input: unknown,
): (() => Promise<IsolatedAnswer>) | undefined {
  if (tool.name === SEARCH_MEMORY_TOOL) return () => reached(searchMemory(run, callId, input))
  if (tool.name === REMEMBER_TOOL) return () => reached(remember(run, callId, input))
  return undefined
}

/** What a row says of a call: which facts, in which version. Never what they say. */
export function memoryWords(tool: string, result: ToolResult): string | undefined {
  if (result.status !== 'ok') return undefined
  if (tool === SEARCH_MEMORY_TOOL) {
    const found = SearchMemoryOutput.safeParse(result.output).data
    if (found === undefined) return 'searched the memory; a guardrail withheld what was found'
    return found.facts.length === 0 ? 'found nothing' : `found ${found.facts.map(nameOf).join(', ')}`
  }
  if (tool !== REMEMBER_TOOL) return undefined
  const remembered = RememberOutput.safeParse(result.output).data
  return remembered === undefined
    ? 'remembered; a guardrail withheld what came of it'
    : `remembered ${nameOf(remembered)}`
}

/** Of what a search gave: what the spaces take, whether or not anything was found there. */
export function labelsOfMemory(tool: string | undefined, result: ToolResult): readonly Label[] {
  if (tool !== SEARCH_MEMORY_TOOL || result.status !== 'ok') return []
  const { untrusted, labels = [] } = SearchMemoryOutput.safeParse(result.output).data ?? {}
  return untrusted ? [...labels, UNTRUSTED] : labels
}

function nameOf({ space, id, version }: { readonly space: string; readonly id: string; readonly version: number }) {
  return `${space}/${id}@${version}`
}

async function searchMemory(run: StepRun, callId: string, input: unknown): Promise<IsolatedAnswer> {
  const { space, query, limit = DEFAULT_FACTS, subject } = SearchMemoryInput.parse(input)
  const spaces = granted(run.agent.memory?.reads, space)
  const memory = memoryOf(run)
  const { runId, stepId } = run.step
  const found = await Promise.all(
    spaces.map(async ({ name }) => {
      const search = { query, limit, by: 'both' as const, ...(subject !== undefined && { subject }) }
      const facts = await memory.search(name, search, { runId, stepId, callId })
      return facts.map(({ fact }) => ({ space: name as string, fact }))
    }),
  )
  const best = inTurns(found).slice(0, limit)
  const shown = withinCharacters(best)
  const labels = new Set([...spaces, ...shown.map(({ fact }) => fact)].flatMap((one) => one.labels ?? []))
  const others = [...labels].filter((label) => label !== UNTRUSTED).sort()
  return {
    output: {
      facts: shown.map(seen),
      ...(shown.length < best.length && { omitted: best.length - shown.length }),
      ...(labels.has(UNTRUSTED) && { untrusted: true as const }),
      ...(others.length > 0 && { labels: others }),
    },
    reads: shown.map(({ space: name, fact }) => ({
      uri: `memory:${nameOf({ ...fact, space: name })}`,
      sha256: fact.sha256,
    })),
  }
}

interface Found {
  readonly space: string
  readonly fact: RememberedFact
}

function seen({ space, fact: { id, version, subject, text, source, at } }: Found) {
  return { space, id, version, subject, text, source, at }
}

/** The best of each space, then the second of each: how well facts of two spaces fit cannot be compared. */
function inTurns<T>(lists: readonly (readonly T[])[]): readonly T[] {
  const longest = Math.max(0, ...lists.map(({ length }) => length))
  return Array.from({ length: longest }, (_, rank) => lists.flatMap((list) => list.slice(rank, rank + 1))).flat()
}

function withinCharacters(all: readonly Found[]): readonly Found[] {
  let characters = 0
  const end = all.findIndex((one, index) => {
    characters += JSON.stringify(seen(one)).length + 1
    return index > 0 && characters > SHOWN_CHARACTERS
  })
  return end === -1 ? all : all.slice(0, end)
}

async function remember(run: StepRun, callId: string, input: unknown): Promise<IsolatedAnswer> {
  const { space: wanted, text, subject, source, key } = RememberInput.parse(input)
  const [space] = granted(run.agent.memory?.writes, wanted)
  const { runId, stepId } = run.step
  // The gate has refused what was read before; what came since, the model had not seen.
  const labels = labelsOf(run.state.provenance).filter((label) => space.labels.includes(label))
  const { id, version } = await memoryOf(run).remember(space.name, {
    ...{ text, subject, source, callId },
    by: { runId, stepId, agent: run.agent.name },
    ...(key !== undefined && { key }),
    ...(labels.length > 0 && { labels }),
  })
  return { output: { space: space.name, id, version, subject }, reads: [] }
}

function granted(
  spaces: readonly MemorySpace[] = [],
  name: string | undefined,
): readonly [MemorySpace, ...MemorySpace[]] {
  const [first, ...others] = name === undefined ? spaces : spaces.filter((space) => space.name === name)
  if (first === undefined) throw named('NotGranted', `You were not granted ${name ?? 'any memory'}.`)
  return [first, ...others]
}

function memoryOf({ dependencies: { memory } }: StepRun): StepMemory {
  if (memory === undefined) throw named('NoMemory', 'There is no memory here: go on without.')
  return memory
}

/** Where the records did not answer, nobody can tell whether it was done: the same is done again. */
async function reached<T>(work: Promise<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    if (!(error instanceof RecordsUnavailable)) throw error
    throw Object.assign(named('EffectUnknown', error.message), { isInDoubt: true })
  }
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}
