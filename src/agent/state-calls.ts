/** What a step does with the state that its agent shares: it reads and writes the keys that the agent was granted. */
import { jsonSha256 } from '../audit/canonical.ts'
import type { StateKey } from '../define/state.ts'
import { RecordsUnavailable } from '../errors.ts'
import type { WorkflowName } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import { type Label, UNTRUSTED } from '../schema/label.ts'
import { READ_STATE_TOOL, UPDATE_STATE_TOOL } from '../schema/model-call.ts'
import type { ToolResult } from '../schema/tool-call.ts'
import type { SharedState, StatePlace } from '../state/shared-state.ts'
import type { IdentifiedCall } from '../tools/call-id.ts'
import type { IsolatedAnswer } from '../tools/isolated-call.ts'
import { carried } from './provenance.ts'
import { ReadStateInput, ReadStateOutput, UpdateStateInput, UpdateStateOutput } from './state-tools.ts'
import type { StepRun } from './step-run.ts'

/** Characters of a value, as JSON, that a model is shown: of a longer list, the end. */
const SHOWN_CHARACTERS = 48 * 1024

/** @param input As the gate let it through. @returns undefined where the tool is another. */
export function stateCall(
  run: StepRun,
  tool: { readonly name: string },
  { callId }: IdentifiedCall,
  input: unknown,
): (() => Promise<IsolatedAnswer>) | undefined {
  if (tool.name === READ_STATE_TOOL) return () => reached(readState(run, input))
  if (tool.name === UPDATE_STATE_TOOL) return () => reached(updateState(run, callId, input))
  return undefined
}

/** What a row says of a call: which key, which version. Never the value. */
export function stateWords(tool: string, result: ToolResult): string | undefined {
  if (result.status !== 'ok') return undefined
  if (tool === READ_STATE_TOOL) {
    const read = ReadStateOutput.safeParse(result.output).data
    return read === undefined ? 'read what a guardrail withheld' : `read ${read.key} at version ${read.version}`
  }
  if (tool !== UPDATE_STATE_TOOL) return undefined
  const updated = UpdateStateOutput.safeParse(result.output).data
  if (updated === undefined) return 'wrote; a guardrail withheld what came of it'
  const { status, key, version } = updated
  return status === 'written' ? `wrote ${key}, version ${version}` : `conflict: ${key} is at version ${version}`
}

/** Of what a call gave: what its writers had read, and what the key is declared to hold. */
export function labelsOfState(tool: string | undefined, result: ToolResult): readonly Label[] {
  if (result.status !== 'ok') return []
  if (tool === READ_STATE_TOOL) return labelsSeen(ReadStateOutput.safeParse(result.output).data)
  if (tool !== UPDATE_STATE_TOOL) return []
  const output = UpdateStateOutput.safeParse(result.output).data
  return output?.status === 'conflict' ? labelsSeen(output) : []
}

interface Labelled {
  readonly untrusted?: true | undefined
  readonly labels?: readonly Label[] | undefined
}

function labelsSeen({ untrusted, labels = [] }: Labelled = {}): readonly Label[] {
  return untrusted ? [...labels, UNTRUSTED] : labels
}

/** As the model and the journal are told them. */
function labelled(isTainted: boolean, labels: readonly Label[] = [], { gives = [] }: StateKey) {
  const others = [...new Set([...labels, ...gives])].filter((label) => label !== UNTRUSTED).sort()
  return {
    ...((isTainted || gives.includes(UNTRUSTED)) && { untrusted: true as const }),
    ...(others.length > 0 && { labels: others }),
  }
}

async function readState(run: StepRun, input: unknown): Promise<IsolatedAnswer> {
  const { key, last } = ReadStateInput.parse(input)
  const { place, state } = sharedBy(run)
  const granted = run.agent.state?.reads?.[key]
  if (granted === undefined) throw notGranted(key)
  const { version, value, isTainted, labels } = await state.read(place, key, granted.rules)
  const seen = { key, version, ...shown(value, last), ...labelled(isTainted, labels, granted) }
  const uri = `state:${place.runId}/${place.workflow}.${key}@${version}`
  return { output: seen, reads: [{ uri, sha256: jsonSha256(value) }] }
}

async function updateState(run: StepRun, writeId: string, input: unknown): Promise<IsolatedAnswer> {
  const { key, value: delta, expectVersion } = UpdateStateInput.parse(input).update
  const { place, state } = sharedBy(run)
  const granted = run.agent.state?.writes?.[key]
  if (granted === undefined) throw notGranted(key)
  const { rules } = granted
  const updated = await state.update({
    ...place,
    writeId,
    changes: [{ key, rules, delta, expectVersion }],
    by: { agent: run.agent.name, stepId: run.step.stepId },
    ...carried(run.state.provenance),
  })
  switch (updated.outcome) {
    case 'written':
      return { output: { status: 'written', key, version: updated.versions[key] ?? 0 }, reads: [] }
    case 'refused':
      throw named(REFUSALS[updated.refused], `${updated.reason} ${updated.next}`)
    case 'conflict': {
      const { version, value, isTainted, labels } = updated
      // Who may not read a key is not shown it by failing to write it.
      const known = run.agent.state?.reads?.[key] === undefined ? { value: null } : shown(value)
      const next = 'Work what is there now into what you want to write, and write it with expectVersion as it is now.'
      const taint = labelled(isTainted, labels, granted)
      return { output: { status: 'conflict', key, version, ...known, ...taint, next }, reads: [] }
    }
  }
}

const REFUSALS = { tooLarge: 'StateTooLarge', full: 'StateFull', otherRules: 'StateMismatch' } as const

function shown(value: Json, last?: number): { readonly value: Json; readonly omitted?: number } {
  if (!Array.isArray(value)) return { value }
  const wanted = last === undefined ? value : value.slice(-last)
  let characters = 0
  let first = wanted.length
  while (first > 0) {
    characters += JSON.stringify(wanted[first - 1]).length + 1
    if (characters > SHOWN_CHARACTERS && first < wanted.length) break
    first -= 1
  }
  const omitted = value.length - (wanted.length - first)
  return { value: wanted.slice(first), ...(omitted > 0 && { omitted }) }
}

interface Shared {
  readonly place: StatePlace
  readonly state: SharedState
}

function sharedBy({ dependencies: { state }, step }: StepRun): Shared {
  if (state === undefined || step.state === undefined) {
    throw named('NoState', 'There is no shared state here: go on without.')
  }
  return { place: { runId: step.runId, workflow: step.state as WorkflowName }, state }
}

function notGranted(key: string): Error {
  return named('NotGranted', `You were not granted ${key}.`)
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
