/** Budgets as they are declared, asked for and told: limits over all steps of a run, of a workflow in it, of a team. */
import * as z from 'zod'
import { AgentName, RunId, StepId, TeamName } from './ids.ts'

/** More than any run should ever cost, and few enough nano-dollars for sums to be exact. */
const MOST_USD = 1_000_000

const usd = z.number().min(0.000_001).max(MOST_USD)

/** What may be used at most; what is not named is not limited. */
export const BudgetLimits = z
  .strictObject({
    /** US dollars. */
    costUsd: usd,
    /** Input and output tokens. */
    tokens: z.int().positive(),
    /** Answers of models. */
    turns: z.int().positive(),
    toolCalls: z.int().positive(),
  })
  .partial()
  .refine((limits) => Object.values(limits).some((limit) => limit !== undefined), {
    error: 'a budget limits something',
    params: { remedy: 'give one or more of costUsd, tokens, turns, toolCalls' },
  })
export type BudgetLimits = z.infer<typeof BudgetLimits>

/** What all runs of a team may cost in a day or a month (UTC). */
export const TeamBudget = z.strictObject({ costUsd: usd, per: z.enum(['day', 'month']) })
export type TeamBudget = z.infer<typeof TeamBudget>

/** The budgets that a run was started with. They never change, but for limits that a person raises: those are items. */
export const RunBudget = z.strictObject({
  /** Of the run: absent where only a workflow within it has a budget. */
  run: BudgetLimits.optional(),
  /** Of its child workflows, by the path of their steps, with `*` for an item's index or a round. */
  workflows: z.record(z.string(), BudgetLimits).optional(),
  /** Where runs of the team share a budget: each sets its own dollars aside there before it starts. */
  team: TeamBudget.optional(),
})
export type RunBudget = z.infer<typeof RunBudget>

/** All four, in dollars, tokens, turns and tool calls. */
export const Amount = z.strictObject({
  costUsd: z.number(),
  tokens: z.int(),
  turns: z.int(),
  toolCalls: z.int(),
})
export type Amount = z.infer<typeof Amount>
export type Counted = keyof Amount

/** How one level stands. Always limit = spent + open + left, for what is limited. */
export const BudgetLevel = z.strictObject({
  limit: BudgetLimits.optional(),
  /** `lost` included. */
  spent: Amount,
  /** Handed out to steps that are under way, what they have used of it included. */
  open: Amount,
  /** Of what is limited. */
  left: Amount.partial(),
  /** Charged without being known: set aside for answers that were never recorded, as a process died. */
  lost: Amount,
})
export type BudgetLevel = z.infer<typeof BudgetLevel>

export const BudgetView = z
  .strictObject({
    runId: RunId,
    status: z.string(),
    team: z
      .strictObject({
        name: TeamName,
        per: z.enum(['day', 'month']),
        /** e.g. `2026-11-23` or `2026-11`. */
        period: z.string(),
        limitUsd: z.number(),
        spentUsd: z.number(),
        /** Set aside for runs that are under way. */
        openUsd: z.number(),
        leftUsd: z.number(),
      })
      .optional(),
    run: BudgetLevel.extend({
      /** The worst case that the agents' own limits allow. */
      worstCase: Amount.partial().optional(),
    }),
    workflows: z.array(BudgetLevel.extend({ path: z.string() })),
    steps: z.array(
      z.strictObject({
        stepId: StepId,
        agent: AgentName,
        status: z.string(),
        /** The agent's own. */
        limit: BudgetLimits.optional(),
        spent: Amount,
        /** Of what it has been handed and not used, set aside for the answer that is under way. */
        reserved: Amount,
        /** Handed and not used. */
        open: Amount,
        lost: Amount,
      }),
    ),
  })
  .meta({ id: 'BudgetView' })
export type BudgetView = z.infer<typeof BudgetView>

/** New limits of a run, or of a workflow in it: never lower than they were. The same again changes nothing. */
export const RaiseBudget = z
  .strictObject({
    /** Of which child workflow, e.g. `assess/`. @default the run itself */
    path: z.string().min(1).max(200).optional(),
    to: BudgetLimits,
  })
  .meta({ id: 'RaiseBudget', example: { to: { costUsd: 5 } } })
export type RaiseBudget = z.infer<typeof RaiseBudget>
