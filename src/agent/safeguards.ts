/**
 * What holds for every step, whichever process runs it, over one set of records: claims of effects, budgets above the step, breakers of
 * models, brakes and rate limits. Hosts choose the records and say who they are.
 */
import { type Brakes, openBrakes } from '../brake/open-brakes.ts'
import { type ModelGuardOptions, openModelGuard } from '../breaker/open-model-guard.ts'
import { type Budgets, type BudgetsOptions, openBudgets } from '../budget/open-budgets.ts'
import { openMailboxes } from '../mailbox/open-mailboxes.ts'
import { type MemoryOptions, openMemory } from '../memory/memory.ts'
import { openSharedState } from '../state/open-shared-state.ts'
import { type EffectLedgerOptions, openEffectLedger } from '../tools/open-effect-ledger.ts'
import { openRateLimits } from '../tools/rate-limit.ts'
import type { StepDependencies } from './ports.ts'

export type SafeguardsOptions = EffectLedgerOptions &
  ModelGuardOptions &
  Pick<BudgetsOptions, 'budgetOf'> &
  Pick<MemoryOptions, 'team' | 'folds' | 'embedder'>

type OfSteps = Pick<
  StepDependencies,
  'ledger' | 'openBudget' | 'guard' | 'brake' | 'takeCall' | 'mailboxes' | 'state' | 'memory'
>

export type Safeguards = { readonly [Name in keyof OfSteps]-?: NonNullable<OfSteps[Name]> } & {
  readonly budgets: Budgets
  readonly brakes: Brakes
}

/** @param options.owner Of claims: unique to an invocation, as "mine" means that this very one has made a claim. */
export function openSafeguards(options: SafeguardsOptions): Safeguards {
  const { records, clock, team, folds, embedder } = options
  const budgets = openBudgets(options)
  const brakes = openBrakes({ records, clock })
  return {
    ledger: openEffectLedger(options),
    openBudget: budgets.openStep,
    guard: openModelGuard(options),
    brake: brakes.read,
    takeCall: openRateLimits({ records, clock }).takeCall,
    mailboxes: openMailboxes({ records, clock }),
    state: openSharedState({ records, clock }),
    memory: openMemory({ records, clock, team, ...(folds && { folds }), ...(embedder && { embedder }) }),
    budgets,
    brakes,
  }
}
