/**
 * The embedded engine: runs compiled Amazon States Language as Step Functions does, and keeps every execution's history.
 * Does not know what functions do; hosts tell it by `invokeFunction` and further integrations.
 */
import { randomUUID } from 'node:crypto'
import { Conflict, InvalidRequest, ignoreNotFound, NotFound } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import { sha256 } from '../schema/sha256.ts'
import { compileProgram } from './compile-program.ts'
import { describeExecution, type ExecutionDescription } from './describe-execution.ts'
import {
  type Engine,
  type EngineOptions,
  type ExecutionHandle,
  type ExecutionSummary,
  InvalidStateMachine,
  type StartExecution,
} from './engine-api.ts'
import { Execution, type ExecutionResult, type ExecutionServices, type MapChild, resultOf } from './execution.ts'
import type { HistoryEvent } from './expand-history.ts'
import { expandHistory } from './expand-history.ts'
import type { ExecutionRow } from './history-store.ts'
import type { Integration } from './integrations/integration.ts'
import { lambdaFunction } from './integrations/lambda-function.ts'
import { lambdaInvoke, lambdaInvokeWithToken } from './integrations/lambda-invoke.ts'
import { type ChildHandle, type ChildStarter, startExecutions } from './integrations/start-execution.ts'
import { PAYLOAD_BYTES } from './limits.ts'
import { type LiveEvent, liveEvent } from './live-event.ts'
import type { Program } from './program.ts'
import { PayloadTooLarge, startedChunk, tooLargeInput } from './recorder.ts'
import { Aborted, DATA_LIMIT_EXCEEDED, ServiceError, StateError } from './state-error.ts'
import { readHistory } from './stored-history.ts'
import { TaskTokens } from './task-tokens.ts'

export type {
  Engine,
  EngineOptions,
  ExecutionHandle,
  ExecutionSummary,
  StartExecution,
  StateMachine,
} from './engine-api.ts'
export { InvalidStateMachine } from './engine-api.ts'
export type { ExecutionResult } from './execution.ts'

export function createEngine(options: EngineOptions): Engine {
  return new EmbeddedEngine(options)
}

/** `extra` of an execution that its parent does not wait for. */
const DETACHED = '{"detached":true}'

interface Running {
  readonly execution: Execution
  readonly done: Promise<ExecutionResult>
}
interface Compiled {
  readonly program: Program
  readonly sha256: string
  readonly text: string
}

class EmbeddedEngine implements Engine, ChildStarter {
  readonly #options: EngineOptions
  readonly #integrations: readonly Integration[]
  readonly #services: ExecutionServices
  readonly #running = new Map<string, Running>()
  readonly #starting = new Set<string>()
  readonly #compiled = new Map<string, Compiled>()
  readonly #compiledOf = new WeakMap<object, Compiled>()
  readonly #listeners = new Set<(event: LiveEvent) => void>()

  constructor(options: EngineOptions) {
    this.#options = options
    const { history: store, clock, random, invokeFunction, newToken = randomUUID } = options
    this.#integrations = [
      ...(options.integrations ?? []),
      ...[lambdaInvoke(invokeFunction), lambdaInvokeWithToken(invokeFunction), lambdaFunction(invokeFunction)],
      ...startExecutions(this),
    ]
    this.#services = {
      store,
      clock,
      random,
      newToken,
      tokens: new TaskTokens(store, clock),
      runMapChild: (child) => this.#runMapChild(child),
      onEvent: (execution, event) => {
        if (this.#listeners.size === 0) return
        const live = liveEvent(execution, event)
        for (const listener of this.#listeners) listener(live)
      },
    }
  }

  async start({ name, machineArn, definition, input }: StartExecution): Promise<ExecutionHandle> {
    const { program, sha256, text } = this.#compile(definition)
    try {
      return await this.#create({ name, machineArn, program, definitionSha256: sha256, definition: text }, input)
    } catch (error) {
      if (!(error instanceof PayloadTooLarge)) throw error
      throw new InvalidRequest({ message: error.message, next: 'Store it elsewhere and pass a reference to it.' })
    }
  }

  async resume(name: string): Promise<ExecutionHandle> {
    const row = this.#mustFind(name)
    if (this.#running.has(name) || this.#starting.has(name)) {
      throw new Conflict({ message: `${name} runs already in this process`, next: 'Wait for it, or stop it.' })
    }
    const running = this.#load(row)
    return handleOf(running)
  }

  async stop(name: string, { error, cause }: { error?: string; cause?: string } = {}): Promise<void> {
    const row = this.#mustFind(name)
    if (row.status !== 'RUNNING') return
    const ending = { status: 'ABORTED', error, cause } as const
    const running = this.#running.get(name) ?? this.#load(row, (execution) => execution.end(ending))
    running.execution.end(ending)
    await running.done
    // Those that a restart found waiting had no live parent to stop them; what was only started goes on.
    const left = this.#options.history.runningChildren(row.row).filter(({ extra }) => extra !== DETACHED)
    await Promise.all(left.map((child) => this.stop(child.name)))
  }

  async interrupt(): Promise<void> {
    const running = [...this.#running.values()]
    await Promise.all(running.map(({ execution }) => execution.recorder.persist()))
    for (const { execution } of running) execution.interrupt()
    await Promise.allSettled(running.map(({ done }) => done))
  }

  abandon(name: string, reason: unknown): void {
    for (const [running, { execution }] of this.#running) {
      if (isOf(name, running)) execution.interrupt(reason)
    }
  }

  sendTaskSuccess(token: string, output: Json): Promise<void> {
    return this.#services.tokens.send(token, { output })
  }

  sendTaskFailure(token: string, { error, cause }: { error?: string; cause?: string }): Promise<void> {
    return this.#services.tokens.send(token, { error, cause })
  }

  sendTaskHeartbeat(token: string): void {
    this.#services.tokens.heartbeat(token)
  }

  readTokens(): void {
    this.#services.tokens.look()
  }

  async failWaiting(name: string, { error, cause }: { error?: string; cause?: string }): Promise<void> {
    const { tokens } = this.#services
    // Answered in the meantime, or too late: then nothing waits for it any more.
    const fail = (token: string) => tokens.send(token, { error, cause }).catch(ignoreNotFound)
    await Promise.all(tokens.waiting((execution) => isOf(name, execution)).map(fail))
  }

  describe(name: string): ExecutionDescription | undefined {
    const row = this.#options.history.find(name)
    return row && describeExecution(row, this.#options.history, this.#running.has(name))
  }

  list(prefix: string): readonly ExecutionSummary[] {
    return this.#options.history.list(prefix).map(({ name, machineArn, status, startedAt, stoppedAt, parent }) => ({
      name,
      machineArn,
      status,
      startedAt: new Date(startedAt),
      stoppedAt: stoppedAt === null ? undefined : new Date(stoppedAt),
      isChild: parent !== null,
    }))
  }

  history(name: string): readonly HistoryEvent[] {
    const row = this.#mustFind(name)
    const { history } = this.#options
    return expandHistory(readHistory(history.chunks(row.row), row.startedAt), this.#programOf(row).program)
  }

  subscribe(listener: (event: LiveEvent) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async startChild(child: Parameters<ChildStarter['startChild']>[0]): Promise<ChildHandle> {
    const { name, machineArn, input, parentName, isDetached } = child
    const machine = this.#options.machine(machineArn)
    if (machine === undefined) {
      throw new ServiceError(
        'StepFunctions.StateMachineDoesNotExistException',
        `State Machine Does Not Exist: '${machineArn}'`,
      )
    }
    const { program, sha256, text } = this.#compile(machine.definition)
    const parent = this.#mustFind(parentName).row
    const fresh = {
      name,
      machineArn,
      program,
      definitionSha256: sha256,
      definition: text,
      parent,
      ...(isDetached && { extra: DETACHED }),
    }
    const running = await this.#startOrFind(fresh, input)
    const { execution, done } = running
    const ended = done.then((result) => ({ result, stoppedAt: this.#mustFind(name).stoppedAt ?? execution.startedAt }))
    ended.catch(() => undefined)
    return {
      name,
      arn: execution.arn,
      machineArn,
      input,
      startedAt: execution.startedAt,
      done: ended,
      stop: () => this.stop(name),
    }
  }

  async #runMapChild({ parent, state, name, input, signal }: MapChild): Promise<ExecutionResult> {
    const program = { machine: state.body, timeoutSeconds: undefined, states: parent.program.states }
    const { machineArn, definitionSha256 } = parent
    const extra = JSON.stringify({ map: state.index })
    const fresh = { name, machineArn, program, definitionSha256, parent: parent.recorder.row, extra }
    const bytes = parent.recorder.content.bytesOf(input)
    if (bytes > PAYLOAD_BYTES) throw new StateError(DATA_LIMIT_EXCEEDED, tooLargeInput(bytes))
    const { execution, done } = this.#find(fresh) ?? this.#begin(fresh, input)
    const onAbort = () => {
      if (!(signal.reason instanceof Aborted)) execution.interrupt(signal.reason)
      else execution.end({ status: 'ABORTED', error: undefined, cause: undefined })
    }
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    try {
      return await done
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
  }

  async #startOrFind(fresh: NewRun & { readonly parent: number }, input: Json): Promise<Running> {
    const found = this.#find(fresh)
    if (found !== undefined) return found
    try {
      await this.#create(fresh, input)
    } catch (error) {
      throw error instanceof PayloadTooLarge ? new StateError(DATA_LIMIT_EXCEEDED, error.message) : error
    }
    return this.#running.get(fresh.name) as Running
  }

  /** A child that was started before, by the same parent, is continued or already over. */
  #find({ name, parent }: NewRun): Running | undefined {
    const found = this.#options.history.find(name)
    if (found === undefined) return undefined
    if (found.parent !== parent) {
      throw new ServiceError('StepFunctions.ExecutionAlreadyExistsException', `Execution Already Exists: '${name}'`)
    }
    return this.#running.get(name) ?? this.#load(found)
  }

  /** Without a wait: it is stored together with the first thing that it has to be stored for. */
  #begin({ program, ...kept }: NewRun, input: Json): Running {
    const startedAt = this.#options.clock.now().getTime()
    const row = { ...kept, startedAt }
    return this.#run(new Execution({ ...row, row, program, input, services: this.#services }))
  }

  async #create(fresh: NewRun, input: Json): Promise<ExecutionHandle> {
    const { program, ...kept } = fresh
    if (this.#starting.has(fresh.name)) {
      throw new Conflict({ message: `${fresh.name} is being started`, next: 'Choose another name.' })
    }
    this.#starting.add(fresh.name)
    try {
      const startedAt = this.#options.clock.now().getTime()
      const row = await this.#options.history.create({ ...kept, startedAt, first: startedChunk(input) })
      const execution = new Execution({ ...fresh, row, startedAt, program, services: this.#services })
      execution.recorder.load()
      return handleOf(this.#run(execution))
    } finally {
      this.#starting.delete(fresh.name)
    }
  }

  #load(row: ExecutionRow, before: (execution: Execution) => void = () => undefined): Running {
    const program = this.#programFor(row)
    const execution = new Execution({ ...row, program, services: this.#services })
    if (row.status !== 'RUNNING') {
      const { events } = readHistory(this.#options.history.chunks(row.row), row.startedAt)
      const last = events.at(-1)
      if (last !== undefined) return { execution, done: Promise.resolve(resultOf(last)) }
    }
    execution.recorder.load()
    before(execution)
    return this.#run(execution)
  }

  #run(execution: Execution): Running {
    const done = execution.run().finally(() => this.#running.delete(execution.name))
    done.catch(() => undefined)
    const running = { execution, done }
    this.#running.set(execution.name, running)
    return running
  }

  /** The body of a distributed Map is a part of its parent's definition. */
  #programFor(row: ExecutionRow): Program {
    const { program } = this.#programOf(row)
    if (row.extra === null || row.extra === DETACHED) return program
    const { map } = JSON.parse(row.extra) as { readonly map: number }
    const state = program.states[map]
    if (state?.type !== 'Map') throw new NotFound({ message: `${row.name} has no Map ${map}`, next: 'Report a bug.' })
    return { machine: state.body, timeoutSeconds: undefined, states: program.states }
  }

  #programOf({ definitionSha256, name }: ExecutionRow): Compiled {
    const known = this.#compiled.get(definitionSha256)
    if (known !== undefined) return known
    const text = this.#options.history.definition(definitionSha256)
    if (text === undefined) throw new NotFound({ message: `${name} has no definition`, next: 'Start it anew.' })
    return this.#compile(JSON.parse(text) as Json)
  }

  #compile(definition: Json): Compiled {
    const key = typeof definition === 'object' && definition !== null ? definition : undefined
    const known = key && this.#compiledOf.get(key)
    if (known !== undefined) return known
    const text = JSON.stringify(definition)
    const definitionSha256 = sha256(text)
    let compiled = this.#compiled.get(definitionSha256)
    if (compiled === undefined) {
      const { clock, random } = this.#options
      const functions = { now: () => clock.now().getTime(), random }
      const { program, faults } = compileProgram(definition, { integrations: this.#integrations, functions })
      if (faults !== undefined) throw new InvalidStateMachine(faults)
      compiled = { program, sha256: definitionSha256, text }
      this.#compiled.set(definitionSha256, compiled)
    }
    if (key !== undefined) this.#compiledOf.set(key, compiled)
    return compiled
  }

  #mustFind(name: string): ExecutionRow {
    const row = this.#options.history.find(name)
    if (row !== undefined) return row
    throw new NotFound({
      message: `There is no execution named ${name}`,
      next: 'List the executions to see their names.',
    })
  }
}

interface NewRun {
  readonly name: string
  readonly machineArn: string
  readonly program: Program
  readonly definitionSha256: string
  readonly definition?: string
  readonly parent?: number
  readonly extra?: string
}

/** Children are named after their parents: `<parent>/…` the items of a Map, `<parent>.…` as a machine names them. */
function isOf(root: string, name: string): boolean {
  return name === root || name.startsWith(`${root}/`) || name.startsWith(`${root}.`)
}

function handleOf({ execution, done }: Running): ExecutionHandle {
  return { executionName: execution.name, arn: execution.arn, done }
}
