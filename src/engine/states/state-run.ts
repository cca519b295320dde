/** One visit to a state: what its expressions see, how it fails on them, and how it is left. Types: the other files here. */
import { isJsonObject, type Json, type JsonObject } from '../../schema/json.ts'
import type { EventType, StoredEvent } from '../events.ts'
import type { Scope } from '../expression.ts'
import type { Frame, MapItem } from '../frame.ts'
import { VARIABLE_BYTES, VARIABLES_BYTES } from '../limits.ts'
import type { Assignments, State } from '../program.ts'
import { PayloadTooLarge } from '../recorder.ts'
import { DATA_LIMIT_EXCEEDED, QUERY_EVALUATION, StateError } from '../state-error.ts'
import { EvaluationFailure, evaluateTemplate, quickTemplate, type Template, wrongType } from '../template.ts'

/** `next` undefined: the machine ends here. */
export interface Outcome {
  readonly output: Json
  readonly next: string | undefined
}

/** What expressions can read beside input, context and variables. */
export interface Extra {
  readonly result?: Json
  readonly errorOutput?: Json
  readonly token?: string
  /** The Map item that an ItemSelector is for, and the frame of its iteration. */
  readonly item?: MapItem
  readonly frame?: Frame
}

/** A way out of a state: its own, or that of a rule or a catcher. */
export interface Exit {
  readonly next: string | undefined
  readonly assign: Assignments | undefined
  readonly output: Template | undefined
}

const NOTHING: Extra = {}

export class StateRun<S extends State = State> {
  readonly frame: Frame
  readonly state: S
  readonly input: Json
  readonly entered: StoredEvent
  retryCount = 0

  constructor(frame: Frame, state: S, input: Json) {
    this.frame = frame
    this.state = state
    this.entered = frame.record(`${state.type}StateEntered`, { state: state.index, input })
    this.input = this.entered.details['input'] as Json
    frame.open = state
  }

  /** At once where that is possible. @throws, or rejects with, StateError, recorded as EvaluationFailed. */
  evaluate(template: Template, extra: Extra = NOTHING, scope = this.#scope(extra)): Json | Promise<Json> {
    if (template.kind === 'constant') return template.value
    this.throwRecordedFailure(extra.frame)
    return quickTemplate(template, scope) ?? this.#evaluateSlowly(template, scope, extra)
  }

  async #evaluateSlowly(template: Template, scope: Scope, extra: Extra): Promise<Json> {
    try {
      return await evaluateTemplate(template, scope)
    } catch (error) {
      throw error instanceof EvaluationFailure ? this.evaluationFailed(error.sentence, error.field, extra.frame) : error
    }
  }

  async evaluateNumber(template: Template | undefined, check: (value: number) => string | undefined) {
    if (template === undefined) return undefined
    const value = await this.evaluate(template)
    if (typeof value !== 'number') throw this.wrongType(template, value, 'number')
    const fault = check(value)
    if (fault !== undefined)
      throw this.evaluationFailed(`The field '${template.field}' ${fault}, got ${value}`, template.field)
    return value
  }

  async evaluateText(template: Template | undefined): Promise<string | undefined> {
    if (template === undefined) return undefined
    const value = await this.evaluate(template)
    if (typeof value !== 'string') throw this.wrongType(template, value, 'string')
    return value
  }

  wrongType(template: Template, value: Json, expected: string): StateError {
    const { sentence, field } = wrongType(template, value, expected)
    return this.evaluationFailed(sentence, field)
  }

  /** Records that the state's data is not what it must be. */
  evaluationFailed(sentence: string, location: string, frame = this.frame): StateError {
    const cause = `An error occurred while executing the state '${this.state.name}' (entered at the event id #${this.entered.id}). ${sentence}`
    frame.record('EvaluationFailed', { error: QUERY_EVALUATION, cause, location })
    return new StateError(QUERY_EVALUATION, cause)
  }

  /** After a restart: the evaluation that comes next has failed before. */
  throwRecordedFailure(frame = this.frame): void {
    const failed = frame.take('EvaluationFailed')
    if (failed !== undefined) throw new StateError(failed.details['error'] as string, failed.details['cause'] as string)
  }

  /** @param fallback The output where there is no `Output`. */
  async exit({ next, assign, output }: Exit, fallback: Json, extra: Extra = NOTHING): Promise<Outcome> {
    const type: EventType = `${this.state.type as Exclude<State['type'], 'Fail'>}StateExited`
    const recorded = this.frame.take(type)
    if (recorded !== undefined) return this.#leave(recorded, next)
    if (!this.frame.isLive) await this.frame.live()
    const scope = this.#scope(extra)
    const assigned = assign && (await this.#assign(assign, extra, scope))
    const value = output === undefined ? fallback : await this.evaluate(output, extra, scope)
    const jump = next === this.state.next ? undefined : next && this.frame.execution.indexOf(next)
    try {
      return this.#leave(this.frame.record(type, { output: value, assigned, next: jump }), next)
    } catch (error) {
      if (error instanceof PayloadTooLarge) throw this.tooLarge()
      throw error
    }
  }

  tooLarge(name = this.state.name): StateError {
    const cause = `The state/task '${name}' returned a result with a size exceeding the maximum number of bytes service limit.`
    return new StateError(DATA_LIMIT_EXCEEDED, cause)
  }

  #leave({ details }: StoredEvent, next: string | undefined): Outcome {
    const { output, assigned, next: jump } = details
    if (isJsonObject(assigned)) this.frame.variables.assign(assigned, this.frame.execution.recorder.content.bytesOf)
    this.frame.open = undefined
    const target = typeof jump === 'number' ? this.frame.execution.program.states[jump]?.name : next
    return { output: output as Json, next: target }
  }

  async #assign(assign: Assignments, extra: Extra, scope: Scope): Promise<JsonObject> {
    const { content } = this.frame.execution.recorder
    const entries: [string, Json][] = []
    const sizes = new Map<string, number>()
    let tooLarge: string | undefined
    for (const [name, template] of assign) {
      const value = await this.evaluate(template, extra, scope)
      const bytes = content.bytesOf(value)
      if (bytes > VARIABLE_BYTES) tooLarge ??= name
      entries.push([name, value])
      sizes.set(name, bytes)
    }
    if (tooLarge !== undefined || this.frame.variables.bytesWith(sizes) > VARIABLES_BYTES) {
      const cause = `The variable '${tooLarge ?? entries.at(-1)?.[0]}' exceeds the maximum size of variables: ${VARIABLE_BYTES} bytes each, ${VARIABLES_BYTES} in all.`
      throw new StateError(DATA_LIMIT_EXCEEDED, cause)
    }
    return Object.fromEntries(entries)
  }

  #scope(extra: Extra): Scope {
    return new StateScope(this, extra)
  }
}

/** What a state's expressions see, made only when one looks. */
class StateScope implements Scope {
  readonly isKnown: Scope['isKnown']
  readonly #run: StateRun
  readonly #extra: Extra
  readonly #frame: Frame
  #states: object | undefined

  constructor(run: StateRun, extra: Extra) {
    this.#run = run
    this.#extra = extra
    this.#frame = extra.frame ?? run.frame
    this.isKnown = this.#frame.execution.recorder.content.isKnown
  }

  get states(): object {
    this.#states ??= this.#makeStates()
    return this.#states
  }

  variable(name: string): Json | undefined {
    return this.#frame.variables.get(name)
  }

  /** No plain object, so that it is copied where it becomes a value itself: a context is not read before that. */
  #makeStates(): object {
    const { result, errorOutput } = this.#extra
    let made: JsonObject | undefined
    const context = () => {
      made ??= this.#context()
      return made
    }
    return {
      __proto__: null,
      input: this.#run.input,
      ...(result !== undefined && { result }),
      ...(errorOutput !== undefined && { errorOutput }),
      get context() {
        return context()
      },
    }
  }

  #context(): JsonObject {
    const { state, entered, retryCount } = this.#run
    const { token, item = this.#frame.item } = this.#extra
    return this.#frame.execution.context({ state, entered, retryCount, token, item })
  }
}
