/** What a decision of a run is, as everything after the reading of its rows sees it. */
import type { Sha256, StepId } from '../../schema/ids.ts'
import type { Actor } from '../../schema/journal-row.ts'
import type { Usage } from '../../schema/model-call.ts'
import type { StepUsage } from '../../schema/step.ts'
import type { DataSource } from '../../schema/tool-call.ts'

export type DecisionKind =
  /** Somebody had the run started, stopped, resumed. */
  | 'run'
  /** A model chose what to do next: tools, or an output. */
  | 'choice'
  /** Whether a tool call was made, and what became of it. */
  | 'call'
  /** An output was held against its schema and checks, and refused. */
  | 'rejection'
  | 'retry'
  | 'fallback'
  | 'breaker'
  | 'budget'
  | 'limit'
  /** The agent's rights did not allow what it, or Baton for it, was about to do. */
  | 'denial'
  /** What a guardrail said of what goes to, or comes from, a model or a tool. */
  | 'guardrail'
  /** A step was put off until its time, or for another invocation. */
  | 'pause'
  /** A person was asked. */
  | 'question'
  /** What a person, or nobody in time, said to it. */
  | 'answer'
  /** A rule of a pattern: a plan taken, a conflict resolved, a task awarded. */
  | 'rule'
  | 'handoff'
  /** Branches came together. */
  | 'join'
  /** A person found out what became of a call. */
  | 'settlement'
  /** A step ended. */
  | 'outcome'
  | 'end'
  /** By a rule that is none of the above. */
  | 'other'

export interface DecidedBy {
  readonly kind: 'model' | 'rule' | 'person'
  /** A model's id, a rule's name, or who it was; of a person whose words are erased: what the row says. */
  readonly name: string
}

export interface GivenApproval {
  readonly id: string
  /** Absent: nobody has decided yet. */
  readonly outcome?: string
  /** Who decided. Empty where nobody did in time, or the content is erased. */
  readonly people: readonly string[]
  /** Rows that ask and that decide. */
  readonly asked?: Sha256
  readonly decided?: Sha256
}

export interface Decision {
  /** 1 for the first of the run. */
  readonly number: number
  readonly at: string
  readonly kind: DecisionKind
  readonly stepId: StepId
  readonly attempt: number
  readonly seq: number
  readonly turn?: number
  readonly actor?: Actor
  /** Who had the run started, then whose task it is, outermost first. */
  readonly onBehalfOf: readonly string[]
  /** In words of ours and of the row; of unknown origin: print it with care. */
  readonly what: string
  readonly by: DecidedBy
  readonly reason?: string
  readonly status?: string
  /** What else there was to choose from, as far as it is known. */
  readonly considered: readonly string[]
  readonly data: {
    /** SHA-256 by name: prompt, arguments, result, output … */
    readonly hashes: Readonly<Record<string, Sha256>>
    readonly sources: readonly DataSource[]
    readonly labels: readonly string[]
  }
  /** US dollars; null: the model's price is not known. Absent: nothing was bought. */
  readonly costUsd?: number | null
  readonly usage?: Usage
  /** Of an outcome or an end: totals. */
  readonly total?: StepUsage
  readonly tool?: { readonly name: string; readonly callId: string; readonly effect?: string | undefined }
  readonly approval?: GivenApproval
  readonly policyVersion?: string
  /** Of its row. */
  readonly hash: Sha256
  /** Of the row that it follows from. */
  readonly cause: Sha256
  /** Number of the decision that it follows from, where that is one. */
  readonly follows?: number
  readonly bodySha256?: Sha256
}
