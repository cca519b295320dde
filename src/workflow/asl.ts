/** The part of the Amazon States Language that the compiler writes. What an engine accepts is the engine's business. */
import type { Json } from '../schema/json.ts'

export interface AslChoice {
  readonly Condition: string
  readonly Assign?: Readonly<Record<string, Json>>
  readonly Output?: Json
  readonly Next: string
}

export interface AslCatcher {
  readonly ErrorEquals: readonly string[]
  readonly Assign?: Readonly<Record<string, Json>>
  readonly Output?: Json
  readonly Next: string
}

export interface AslRetrier {
  readonly ErrorEquals: readonly string[]
  readonly IntervalSeconds: number
  readonly BackoffRate: number
  readonly MaxAttempts: number
  readonly MaxDelaySeconds: number
  readonly JitterStrategy: 'FULL' | 'NONE'
}

export interface AslState {
  readonly Type: 'Pass' | 'Task' | 'Choice' | 'Wait' | 'Succeed' | 'Fail' | 'Parallel' | 'Map'
  readonly Comment?: string
  readonly Resource?: string
  readonly Arguments?: Json
  readonly Items?: Json
  readonly ItemSelector?: Json
  readonly MaxConcurrency?: number
  readonly ItemProcessor?: AslProcessor
  readonly Branches?: readonly AslMachine[]
  readonly Choices?: readonly AslChoice[]
  readonly Default?: string
  readonly Seconds?: Json
  readonly Timestamp?: string
  readonly Error?: string
  readonly Cause?: string
  readonly TimeoutSeconds?: number | string
  readonly Retry?: readonly AslRetrier[]
  readonly Catch?: readonly AslCatcher[]
  readonly Assign?: Readonly<Record<string, Json>>
  readonly Output?: Json
  readonly Next?: string
}

export interface AslMachine {
  readonly StartAt: string
  readonly States: Readonly<Record<string, AslState>>
}

export interface AslProcessor extends AslMachine {
  readonly ProcessorConfig:
    | { readonly Mode: 'INLINE' }
    | { readonly Mode: 'DISTRIBUTED'; readonly ExecutionType: 'STANDARD' }
}

export interface AslDefinition extends AslMachine {
  readonly Comment: string
  readonly QueryLanguage: 'JSONata'
  readonly TimeoutSeconds: number
}

/** States in the order in which a reader meets them, so that a golden file reads downward. */
export function readingOrder(machine: AslMachine): AslMachine {
  const ordered: Record<string, AslState> = {}
  const visit = (name: string | undefined): void => {
    const state = name === undefined ? undefined : machine.States[name]
    if (name === undefined || state === undefined || name in ordered) return
    ordered[name] = state
    for (const next of successors(state)) visit(next)
  }
  visit(machine.StartAt)
  return { StartAt: machine.StartAt, States: ordered }
}

export function successors(state: AslState): string[] {
  const choices = (state.Choices ?? []).map((rule) => rule.Next)
  const catchers = (state.Catch ?? []).map((rule) => rule.Next)
  return [state.Next, ...choices, state.Default, ...catchers].filter((name) => name !== undefined)
}
