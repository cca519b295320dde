/** One execution: its history, its end, and what its states share. Who may start and stop it: engine.ts. */
import { type Clock, startAlarm } from '../clock.ts'
import { NotFound } from '../errors.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import type { EventDetails, StoredEvent } from './events.ts'
import { Frame, type MapItem } from './frame.ts'
import type { ExecutionStatus, HistoryStore } from './history-store.ts'
import type { MapState, Program, State } from './program.ts'
import { HistoryFull, PayloadTooLarge, Recorder, type UnstoredExecution } from './recorder.ts'
import { runMachine } from './run-machine.ts'
import { Aborted, DATA_LIMIT_EXCEEDED, Interrupted, RUNTIME, StateError, TIMEOUT } from './state-error.ts'
import { type TaskTokens, tokenOf } from './task-tokens.ts'

export type ExecutionResult =
  | { readonly status: 'SUCCEEDED'; readonly output: Json }
  | {
      readonly status: 'FAILED' | 'TIMED_OUT' | 'ABORTED'
      readonly error: string | undefined
      readonly cause: string | undefined
    }

export interface MapChild {
  readonly parent: Execution
  readonly state: MapState
  readonly name: string
  readonly input: Json
  readonly signal: AbortSignal
}

/** What executions need of the engine. */
export interface ExecutionServices {
  readonly store: HistoryStore
  readonly clock: Clock
  readonly random: () => number
  /** Unguessable text. */
  readonly newToken: () => string
  readonly tokens: TaskTokens
  runMapChild(child: MapChild): Promise<ExecutionResult>
  readonly onEvent: ((execution: Execution, event: StoredEvent) => void) | undefined
}

export interface ExecutionOptions {
  readonly row: number | UnstoredExecution
  /** Of one that is not stored yet. */
  readonly input?: Json
  readonly name: string
  readonly machineArn: string
  readonly definitionSha256: string
  readonly program: Program
  readonly startedAt: number
  readonly services: ExecutionServices
}

type Ending = Exclude<ExecutionResult, { status: 'SUCCEEDED' }>

export class Execution {
  readonly name: string
  readonly machineArn: string
  readonly arn: string
  readonly definitionSha256: string
  readonly program: Program
  readonly services: ExecutionServices
  readonly recorder: Recorder
  readonly startedAt: number
  readonly frames = new Map<number, Frame>()
  readonly #controller = new AbortController()
  #ending: Ending | undefined
  #interruption: unknown
  #facts: { readonly Execution: JsonObject; readonly StateMachine: JsonObject } | undefined

  constructor({ row, name, machineArn, definitionSha256, program, startedAt, services, input }: ExecutionOptions) {
    this.name = name
    this.machineArn = machineArn
    this.arn = executionArn(machineArn, name)
    this.definitionSha256 = definitionSha256
    this.program = program
    this.services = services
    this.startedAt = startedAt
    this.#given = input
    const { store, clock } = services
    this.recorder = new Recorder({
      store,
      row,
      startedAt,
      clock,
      onBroken: (error) => this.interrupt(error),
      onEvent: (event) => services.onEvent?.(this, event),
    })
  }

  /** Runs to its end, going first through what is recorded. @throws Interrupted, or a bug: it may be resumed. */
  async run(): Promise<ExecutionResult> {
    const main = new Frame({ execution: this, signal: this.#controller.signal })
    const stopTimer = this.#startTimer()
    try {
      return await this.#settle(main, await this.#outcome(main))
    } catch (error) {
      this.interrupt(error)
      throw this.#interruption
    } finally {
      stopTimer()
    }
  }

  /** Ends it from outside; `run` then resolves with this. */
  end(ending: Ending): void {
    this.#ending ??= ending
    this.#controller.abort(new Aborted())
  }

  /** Leaves it as it is, to be resumed: nothing more is recorded. */
  interrupt(reason: unknown = new Interrupted(this.name)): void {
    this.#interruption ??= reason
    this.recorder.freeze(reason)
    this.#controller.abort(reason)
  }

  openedFrame(frame: Frame): void {
    this.frames.set(frame.number, frame)
  }

  closedFrame(frame: Frame): void {
    this.frames.delete(frame.number)
  }

  indexOf(stateName: string): number {
    const { states } = this.program
    let known = INDICES.get(states)
    if (known === undefined) {
      known = new Map(states.map(({ name, index }) => [name, index]))
      INDICES.set(states, known)
    }
    const index = known.get(stateName)
    if (index === undefined) throw new NotFound({ message: `There is no state ${stateName}`, next: 'Report a bug.' })
    return index
  }

  newToken(enteredId: number): string {
    return tokenOf(this.name, enteredId, this.services.newToken())
  }

  /** `$states.context`. */
  context(place: {
    readonly state: State
    readonly entered: StoredEvent
    readonly retryCount: number
    readonly token: string | undefined
    readonly item: MapItem | undefined
  }): JsonObject {
    const { state, entered, retryCount, token, item } = place
    const retry = state.type === 'Task' ? { RetryCount: retryCount } : {}
    return {
      ...this.facts(),
      State: { EnteredTime: new Date(entered.at).toISOString(), Name: state.name, ...retry },
      ...(item !== undefined && { Map: { Item: { Index: item.index, Value: item.value } } }),
      ...(token !== undefined && { Task: { Token: token } }),
    }
  }

  facts(): { readonly Execution: JsonObject; readonly StateMachine: JsonObject } {
    this.#facts ??= {
      Execution: {
        Id: this.arn,
        Input: this.#input,
        Name: this.name,
        RoleArn: ROLE_ARN,
        StartTime: new Date(this.startedAt).toISOString(),
        RedriveCount: 0,
      },
      StateMachine: { Id: this.machineArn, Name: this.machineArn.split(':').pop() ?? '' },
    }
    return this.#facts
  }

  readonly #given: Json | undefined
  #input: Json = null

  async #outcome(main: Frame): Promise<ExecutionResult> {
    try {
      const started = main.record('ExecutionStarted', { input: this.#given })
      this.#input = started.details['input'] as Json
      if (this.#given === undefined && main.peek() === undefined) this.services.onEvent?.(this, started)
      const recorded = main.take('ExecutionSucceeded', 'ExecutionFailed', 'ExecutionAborted', 'ExecutionTimedOut')
      if (recorded !== undefined) return resultOf(recorded)
      return { status: 'SUCCEEDED', output: await runMachine(main, this.program.machine, this.#input) }
    } catch (error) {
      if (this.#interruption !== undefined) throw this.#interruption
      if (error instanceof HistoryFull) return failed(RUNTIME, HISTORY_FULL_CAUSE)
      if (error instanceof PayloadTooLarge) return failed(DATA_LIMIT_EXCEEDED, error.message)
      if (error instanceof Aborted && this.#ending !== undefined) {
        if (main.open?.type !== 'Wait') main.recordAborted()
        return this.#ending
      }
      if (error instanceof StateError) return failed(error.error, error.causeText)
      throw error
    } finally {
      main.close()
    }
  }

  async #settle(main: Frame, result: ExecutionResult): Promise<ExecutionResult> {
    const { recorder } = this
    const details: EventDetails =
      result.status === 'SUCCEEDED' ? { output: result.output } : { error: result.error, cause: result.cause }
    const last = recorder.append(main.number, undefined, END_EVENTS[result.status], details)
    await recorder.persist((write) => {
      write.finish(recorder.row, result.status, last.at)
      if (recorder.mayHaveTokens) write.closeTokens(recorder.row)
    })
    return result
  }

  #startTimer(): () => void {
    const { timeoutSeconds } = this.program
    if (timeoutSeconds === undefined) return () => undefined
    const { clock } = this.services
    const left = this.startedAt + timeoutSeconds * 1_000 - clock.now().getTime()
    return startAlarm(clock, left, () => this.end({ status: 'TIMED_OUT', error: TIMEOUT, cause: undefined }))
  }
}

const INDICES = new WeakMap<readonly State[], ReadonlyMap<string, number>>()
/** Where there is no account. */
const ROLE_ARN = 'arn:aws:iam::000000000000:role/embedded'
const HISTORY_FULL_CAUSE = 'The execution reached the maximum number of history events (25000).'
const END_EVENTS = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
  ABORTED: 'ExecutionAborted',
} as const satisfies Record<Exclude<ExecutionStatus, 'RUNNING'>, string>

export function executionArn(machineArn: string, name: string): string {
  return `${machineArn.replace(':stateMachine:', ':execution:')}:${name}`
}

/** What an execution's last event says. */
export function resultOf({ type, details }: StoredEvent): ExecutionResult {
  const status = (Object.keys(END_EVENTS) as (keyof typeof END_EVENTS)[]).find((key) => END_EVENTS[key] === type)
  if (status === 'SUCCEEDED') return { status, output: details['output'] as Json }
  const [error, cause] = [details['error'] as string | undefined, details['cause'] as string | undefined]
  return { status: status ?? 'FAILED', error, cause }
}

function failed(error: string | undefined, cause: string | undefined): Ending {
  return { status: 'FAILED', error, cause }
}
