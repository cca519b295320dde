/**
 * Which variable each value of a run lives in, and from where it can be read. Names are unique within a workflow, so no
 * name of an outer scope is ever assigned again inside; the body of a distributed Map cannot read outer variables, so
 * exactly what it reads is passed in, in one variable.
 */
import type { Source } from '../define/expressions.ts'
import type { WorkflowNode } from '../define/workflow-node.ts'
import { walk } from '../define/workflow-nodes.ts'
import type { AslMachine, AslState } from './asl.ts'
import { readingOrder } from './asl.ts'
import { access, literal } from './jsonata-text.ts'

/** A part of a step id: text, or a variable's value. */
export type PathPart = string | { readonly variable: string }

export class Scope {
  /** Variables read so far. The compiler works from the end to the start, so every reader has been seen. */
  readonly used = new Set<string>()
  /** Of a distributed body: what it reads of the outside, under the key it is passed in by → text that gives it there. */
  readonly imports = new Map<string, string>()
  /** Values that live within another variable: variable → the text that reads it. */
  readonly #aliases = new Map<string, string>()
  readonly #states: Record<string, AslState> = {}
  readonly #stateNames: Set<string>
  readonly #outer: Scope | undefined
  /** Absent where the scope reads its outer scope's variables directly. */
  readonly #own: { readonly name: string; readonly variables: ReadonlySet<string> } | undefined

  constructor(
    parts: {
      readonly outer?: Scope
      readonly own?: { readonly name: string; readonly variables: ReadonlySet<string> }
    } = {},
  ) {
    this.#outer = parts.outer
    this.#own = parts.own
    this.#stateNames = parts.outer === undefined ? new Set() : parts.outer.#stateNames
  }

  /** A state name that no other state of the whole definition has. */
  name(wanted: string): string {
    let name = wanted
    for (let count = 2; this.#stateNames.has(name); count += 1) name = `${wanted} (${count})`
    this.#stateNames.add(name)
    return name
  }

  add(name: string, state: AslState): string {
    this.#states[name] = state
    return name
  }

  machine(startAt: string): AslMachine {
    return readingOrder({ StartAt: startAt, States: this.#states })
  }

  alias(variable: string, text: string): void {
    this.#aliases.set(variable, text)
  }

  hasAlias(variable: string): boolean {
    return this.#aliases.has(variable)
  }

  /** The text that reads a variable, or a field of it, here: `$out_plan.subtopics`. */
  read(variable: string, path: readonly (string | number)[] = []): string {
    const alias = this.#aliases.get(variable)
    if (this.#outer === undefined || alias !== undefined || this.#own?.variables.has(variable)) {
      this.used.add(variable)
      return path.reduce(access, alias ?? `$${variable}`)
    }
    if (this.#own === undefined) {
      this.used.add(variable)
      return this.#outer.read(variable, path)
    }
    const key = `${variable}${path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${part}`)).join('')}`
    this.imports.set(key, this.#outer.read(variable, path))
    return access(`$${givenVariable(this.#own.name)}`, key)
  }

  readonly resolve = (source: Source, path: readonly (string | number)[]): string => {
    if ('name' in source) return this.read(variable(source.of, source.name), path)
    if (source.of === 'failure') throw new TypeError('a failure is read in an otherwise only')
    return source.of === 'input' ? this.read('input', path) : this.read('run', ['settings', ...path])
  }

  /** JSONata for the id of the step `name` below `path`. */
  stepId(name: string, path: readonly PathPart[]): string {
    const parts = [{ variable: 'run' }, ...path, name]
    const texts: string[] = []
    for (const part of parts) {
      const text = typeof part !== 'string' ? this.read(part.variable, texts.length === 0 ? ['path'] : []) : undefined
      const last = texts.at(-1)
      if (text !== undefined) texts.push(text)
      else if (typeof part === 'string' && last?.startsWith('"'))
        texts[texts.length - 1] = literal(JSON.parse(last) + part)
      else if (typeof part === 'string') texts.push(literal(part))
    }
    return texts.join(' & ')
  }
}

const PREFIX = {
  node: 'out',
  item: 'item',
  index: 'index',
  previous: 'previous',
  iteration: 'n',
  chunk: 'chunk',
  part: 'part',
} as const

/** The variable of a node's output, of an item and so on. The prefix keeps it apart from JSONata's functions. */
export function variable(of: keyof typeof PREFIX, name: string): string {
  return `${PREFIX[of]}_${variableOf(name)}`
}

/** `-` would be a minus. Names that differ in `-` and `_` only are refused by the validation. */
function variableOf(name: string): string {
  return name.replaceAll('-', '_')
}

/** Every variable that nodes of this tree assign. */
export function variablesOf(node: WorkflowNode): Set<string> {
  const variables = new Set<string>()
  for (const { kind, ...rest } of walk(node)) {
    if (!('name' in rest)) continue
    variables.add(variable('node', rest.name))
    const kinds = kind === 'forEach' ? FOR_EACH_VARIABLES : kind === 'repeat' ? REPEAT_VARIABLES : []
    for (const role of kinds) variables.add(variable(role, rest.name))
  }
  return variables
}

const FOR_EACH_VARIABLES = ['item', 'index'] as const
const REPEAT_VARIABLES = ['previous', 'iteration', 'chunk'] as const

/** The one variable of a distributed body that holds what was passed in. */
export function givenVariable(name: string): string {
  return `given_${variableOf(name)}`
}
