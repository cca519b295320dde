/**
 * Definition → Program, refusing by name and place whatever this engine would not run exactly as AWS does. Runs nothing.
 */
import { assertNever } from '../errors.ts'
import { isJsonObject, type Json, type JsonObject } from '../schema/json.ts'
import { LANGUAGE_FREE_TYPES, MACHINE_FIELDS, STATE_FIELDS, TOP_FIELDS } from './asl-fields.ts'
import { assignedBefore, targetsOf } from './assigned-before.ts'
import type { FunctionSources } from './aws-functions.ts'
import { compileChoice, compileFail, compileMap, compileParallel, compileTask, compileWait } from './compile-state.ts'
import { type DefinitionFault, DefinitionReader } from './definition-reader.ts'
import type { Integration } from './integrations/integration.ts'
import { DEFINITION_LENGTH, STATE_NAME_LENGTH, TIMEOUT_SECONDS } from './limits.ts'
import type { Machine, Program, State } from './program.ts'
import { compileTemplate, type Template } from './template.ts'

export interface CompileOptions {
  readonly integrations: readonly Integration[]
  readonly functions: FunctionSources
}
export type Compiled =
  | { readonly program: Program; readonly faults?: never }
  | { readonly faults: readonly DefinitionFault[]; readonly program?: never }

/** Where a state is compiled: what its scope allows and what compiling it adds. */
export interface CompileScope extends CompileOptions {
  readonly language: string
  readonly faults: DefinitionFault[]
  readonly states: (State | undefined)[]
  readonly names: Set<string>
  /** Variables assigned in the scopes around: they may be read, not assigned. */
  readonly outer: ReadonlySet<string>
  /** Variables of this scope that may be assigned when the state at hand is entered. */
  readonly before: ReadonlySet<string>
}

const STATE_TYPES = Object.keys(STATE_FIELDS)
const LANGUAGES = ['JSONata', 'JSONPath']

export function compileProgram(definition: Json, options: CompileOptions): Compiled {
  const faults: DefinitionFault[] = []
  if (!isJsonObject(definition)) return { faults: [{ path: '/', message: 'A definition must be an object' }] }
  const reader = new DefinitionReader(definition, '', faults)
  if (JSON.stringify(definition).length > DEFINITION_LENGTH) {
    reader.refuse(`A definition may have at most ${DEFINITION_LENGTH} characters`)
  }
  reader.onlyFields(TOP_FIELDS, 'a state machine')
  const scope: CompileScope = {
    ...options,
    language: reader.text('QueryLanguage', LANGUAGES) ?? 'JSONPath',
    faults,
    states: [],
    names: new Set(),
    outer: new Set(),
    before: new Set(),
  }
  const machine = compileMachine(reader, scope)
  const timeoutSeconds = reader.number('TimeoutSeconds', { minimum: 1, maximum: TIMEOUT_SECONDS })
  if (faults.length > 0) return { faults }
  return { program: { machine, timeoutSeconds, states: scope.states as State[] } }
}

/** The states of a branch or of a Map's body; `extra` are fields it may have beside. */
export function compileInner(reader: DefinitionReader, scope: CompileScope, isolated = false): Machine {
  reader.onlyFields([...MACHINE_FIELDS, 'QueryLanguage', 'ProcessorConfig'], 'a branch')
  const outer = isolated ? new Set<string>() : new Set([...scope.outer, ...scope.before])
  const language = reader.text('QueryLanguage', LANGUAGES) ?? scope.language
  return compileMachine(reader, { ...scope, language, outer, before: new Set() })
}

function compileMachine(reader: DefinitionReader, scope: CompileScope): Machine {
  const startAt = reader.requiredText('StartAt')
  const statesReader = reader.requiredChild('States')
  const states = new Map<string, State>()
  if (statesReader === undefined) return { startAt, states }
  const names = statesReader.keys()
  if (names.length === 0) statesReader.refuse('A state machine needs at least one state')
  if (startAt !== '' && statesReader.has(startAt) === false) {
    reader.refuse(`MISSING_TRANSITION_TARGET: Missing 'StartAt' target: ${startAt}`, 'StartAt')
  }
  const readers = names.flatMap((name) => {
    const state = statesReader.child(name)
    return state === undefined ? [] : [{ name, reader: state }]
  })
  const targets = new Set([startAt, ...Object.values(reader.get('States') as JsonObject).flatMap(targetsOf)])
  const before = assignedBefore(reader.get('States') as JsonObject)
  for (const { name, reader: state } of readers) {
    if (name.length > STATE_NAME_LENGTH) state.refuse(`A state's name has at most ${STATE_NAME_LENGTH} characters`)
    if (scope.names.has(name)) state.refuse(`DUPLICATE_STATE_NAME: the name '${name}' is used twice`)
    scope.names.add(name)
    if (!targets.has(name)) state.refuse(`MISSING_TRANSITION_TARGET: State "${name}" is not reachable.`)
    const compiled = compileState(name, state, { ...scope, before: before(name) }, names)
    if (compiled !== undefined) states.set(name, compiled)
  }
  return { startAt, states }
}

function compileState(
  name: string,
  reader: DefinitionReader,
  scope: CompileScope,
  siblings: readonly string[],
): State | undefined {
  const type = reader.requiredText('Type')
  const language = reader.text('QueryLanguage', LANGUAGES) ?? scope.language
  if (!STATE_TYPES.includes(type)) {
    if (type !== '') reader.refuse(`The state type '${type}' is not one of ${STATE_TYPES.join(', ')}`, 'Type')
    return undefined
  }
  reader.onlyFields(STATE_FIELDS[type] ?? [], `a ${type} state`)
  if (language === 'JSONPath' && !acceptsJsonPath(type, reader)) return undefined
  const index = scope.states.push(undefined) - 1
  const parts = new StateParts(reader, scope, siblings, language)
  const state = compileByType(type as State['type'], { name, index, parts })
  scope.states[index] = state
  return state
}

/** The dialect itself is not interpreted; a state that uses none of it means the same in either language. */
function acceptsJsonPath(type: string, reader: DefinitionReader): boolean {
  if (!LANGUAGE_FREE_TYPES.includes(type)) {
    reader.refuse(`A ${type} state in the JSONPath dialect is not supported: set "QueryLanguage": "JSONata"`)
    return false
  }
  for (const field of ['Output', 'Arguments']) {
    if (reader.has(field)) reader.refuse(`The field '${field}' needs "QueryLanguage": "JSONata"`, field)
  }
  const assign = reader.get('Assign')
  if (JSON.stringify(assign ?? null).includes('.$":')) {
    reader.refuse('JSONPath in Assign is not supported: set "QueryLanguage": "JSONata"', 'Assign')
  }
  return true
}

function compileByType(type: State['type'], context: StateContext): State {
  const { name, index, parts } = context
  const base = { name, index, assign: parts.assign(), output: parts.template('Output') }
  switch (type) {
    case 'Pass':
      return { ...base, type, next: parts.next() }
    case 'Succeed':
      return { ...base, type, next: undefined }
    case 'Fail':
      return compileFail(base, parts)
    case 'Wait':
      return compileWait(base, parts)
    case 'Choice':
      return compileChoice(base, parts)
    case 'Task':
      return compileTask(base, parts)
    case 'Parallel':
      return compileParallel(base, parts)
    case 'Map':
      return compileMap(base, parts)
    default:
      return assertNever(type)
  }
}

interface StateContext {
  readonly name: string
  readonly index: number
  readonly parts: StateParts
}

/** What every state type is put together from. */
export class StateParts {
  readonly reader: DefinitionReader
  readonly scope: CompileScope
  readonly #siblings: readonly string[]
  readonly #language: string

  constructor(reader: DefinitionReader, scope: CompileScope, siblings: readonly string[], language: string) {
    this.reader = reader
    this.scope = scope
    this.#siblings = siblings
    this.#language = language
  }

  /** The target of `Next`, or undefined for `End`. */
  next(): string | undefined {
    const { reader } = this
    if (reader.has('Next') === reader.has('End')) {
      reader.refuse("A state needs either 'Next' or 'End'")
      return undefined
    }
    if (!reader.has('Next')) {
      if (!reader.flag('End')) reader.refuse("The field 'End' must be true", 'End')
      return undefined
    }
    return this.target(reader, 'Next')
  }

  target(reader: DefinitionReader, field: string): string {
    const name = reader.requiredText(field)
    if (name !== '' && !this.#siblings.includes(name)) {
      reader.refuse(`MISSING_TRANSITION_TARGET: Missing '${field}' target: ${name}`, field)
    }
    return name
  }

  template(field: string, reader = this.reader, prefix = ''): Template | undefined {
    const value = reader.get(field)
    return value === undefined ? undefined : this.compile(value, `${prefix}${field}`, reader)
  }

  /** @param prefix Path from the state to the field, for causes. */
  assign(reader = this.reader, prefix = ''): readonly (readonly [string, Template])[] | undefined {
    const assign = reader.child('Assign')
    if (assign === undefined) return undefined
    return assign.keys().map((name) => {
      if (!/^[\p{ID_Start}_][\p{ID_Continue}]{0,79}$/u.test(name)) {
        assign.refuse(`'${name}' cannot be the name of a variable`, name)
      }
      if (name === 'states') assign.refuse("The name 'states' is reserved", name)
      if (this.scope.outer.has(name)) {
        assign.refuse(`The variable '${name}' belongs to an outer scope and cannot be assigned here`, name)
      }
      return [name, this.compile(assign.get(name) ?? null, `${prefix}Assign/${name}`, assign)] as const
    })
  }

  compile(value: Json, field: string, reader: DefinitionReader): Template {
    if (this.#language === 'JSONPath') return { kind: 'constant', field, value }
    return compileTemplate(value, field, {
      functions: this.scope.functions,
      refuse: (message) => reader.refuse(message, field.split('/').pop() ?? field),
      found: ({ source }, where) => {
        if (/\$eval\s*\(/.test(source)) reader.refuse('$eval is not available in Step Functions', where)
      },
    })
  }
}
