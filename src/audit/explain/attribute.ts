/**
 * Who turned right into wrong: the first step, by what went into what, whose output fails its check although all that went into
 * it passes. Sources are taken as they are: the run's input, documents, what tools gave. Pure.
 */
import type { Team } from '../../define/team.ts'
import type { Workflow } from '../../define/workflow.ts'
import type { Sha256, StepId } from '../../schema/ids.ts'
import type { Actor } from '../../schema/journal-row.ts'
import type { Json } from '../../schema/json.ts'
import { type Check, type Checks, checkFor } from './checks.ts'
import { type Flow, flowOf } from './flow.ts'
import { type RecordedStep, recordedSteps } from './step-results.ts'
import type { AuditRecord } from './timeline.ts'

export interface CheckedStep {
  readonly stepId: StepId
  /** `unread`: there is a check, but the output is not at hand, or not there yet. */
  readonly verdict: 'right' | 'wrong' | 'unread'
  /** Why it is wrong, or not read. */
  readonly why?: string
}

export interface Culprit {
  readonly stepId: StepId
  readonly actor?: Actor
  readonly attempt: number
  /** Hash of the row that ended it. */
  readonly hash: Sha256
  readonly why: string
  /** What went into it, and how that is known. */
  readonly inputs: readonly Flow[]
}

export interface Attribution {
  /**
   * `right`: every check was read, and passes. `undecided`: the checks do not say where it began, or could not be read, or there is
   * none for any step of the run.
   */
  readonly status: 'decided' | 'right' | 'undecided'
  readonly checked: readonly CheckedStep[]
  /** First wrong ones, all whose inputs are right. More than one where several began to be wrong for themselves. */
  readonly culprits: readonly Culprit[]
  /** Where undecided: steps that it may be, in the order in which they ended. Checks for these would tell. */
  readonly suspects: readonly StepId[]
  /** Whether the order in which steps ended was all that told what may have gone into what, somewhere on the way. */
  readonly byOrder: boolean
}

export interface Known {
  readonly team?: Pick<Team, 'agents'> | undefined
  /** As it ran. */
  readonly workflow?: Workflow | undefined
  readonly input?: Json | undefined
}

export function attribute(audit: AuditRecord, checks: Checks, { team, workflow, input }: Known = {}): Attribution {
  const steps = recordedSteps(audit, team)
  const flows = flowOf({ audit, steps, workflow, input })
  const into = Map.groupBy(flows, ({ to }) => to)
  const verdicts = new Map<string, CheckedStep>()
  for (const step of steps) {
    const check = checkFor(checks, step.stepId)
    if (check !== undefined) verdicts.set(step.stepId, judged(step, check))
  }
  const wrong = steps.filter(({ stepId }) => verdicts.get(stepId)?.verdict === 'wrong')
  const origins = wrong.map((step) => ({ step, ...before(step.stepId, into, verdicts) }))
  const first = origins.filter(({ isWrong }) => !isWrong)
  const decided = first.filter(({ unknown }) => unknown.size === 0)
  const suspects = new Set(first.flatMap(({ step, unknown }) => (unknown.size === 0 ? [] : [...unknown, step.stepId])))
  return {
    status: statusOf([...verdicts.values()], decided.length),
    checked: [...verdicts.values()],
    culprits: decided.map(({ step }) => culprit(step, verdicts.get(step.stepId)?.why ?? '', into)),
    suspects: steps.flatMap(({ stepId }) => (suspects.has(stepId) ? [stepId] : [])),
    byOrder: first.some(({ byOrder }) => byOrder),
  }
}

function statusOf(checked: readonly CheckedStep[], decided: number): Attribution['status'] {
  if (decided > 0) return 'decided'
  return checked.length > 0 && checked.every(({ verdict }) => verdict === 'right') ? 'right' : 'undecided'
}

function judged({ stepId, outcome, output }: RecordedStep, check: Check): CheckedStep {
  if (outcome === undefined) return { stepId, verdict: 'unread', why: 'it has not ended' }
  if (outcome.status !== 'completed')
    return { stepId, verdict: 'wrong', why: `it gave no output: ${outcome.status ?? ''}` }
  if (output === undefined) return { stepId, verdict: 'unread', why: 'its output is not at hand' }
  const why = check(output)
  return why === undefined ? { stepId, verdict: 'right' } : { stepId, verdict: 'wrong', why }
}

interface Before {
  /** One of the nearest checked steps that went into it is wrong: it began before. */
  readonly isWrong: boolean
  /** Steps without a verdict that went into it, up to the nearest right ones. */
  readonly unknown: ReadonlySet<string>
  readonly byOrder: boolean
}

/** Each step is looked at once. */
function before(
  stepId: string,
  into: ReadonlyMap<string, readonly Flow[]>,
  verdicts: ReadonlyMap<string, CheckedStep>,
): Before {
  const seen = new Set([stepId])
  const unknown = new Set<string>()
  const left = [...(into.get(stepId) ?? [])]
  let isWrong = false
  let byOrder = false
  for (let flow = left.pop(); flow !== undefined; flow = left.pop()) {
    byOrder ||= flow.how === 'order'
    const { from } = flow
    if (seen.has(from) || from.startsWith(' ')) continue
    seen.add(from)
    const verdict = verdicts.get(from)?.verdict
    if (verdict === 'wrong') isWrong = true
    if (verdict === 'wrong' || verdict === 'right') continue
    unknown.add(from)
    left.push(...(into.get(from) ?? []))
  }
  return { isWrong, unknown, byOrder }
}

function culprit(
  { stepId, actor, attempt, outcome, rows }: RecordedStep,
  why: string,
  into: ReadonlyMap<string, readonly Flow[]>,
): Culprit {
  const hash = outcome?.hash ?? rows.at(-1)?.hash ?? ('' as Sha256)
  return { stepId, ...(actor !== undefined && { actor }), attempt, hash, why, inputs: into.get(stepId) ?? [] }
}
