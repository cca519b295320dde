/** What goes over the wire beside the domain's own schemas. Parses nothing itself. */
import * as z from 'zod'
import { Vote } from '../../approval/approval-state.ts'
import { BrakeState } from '../../brake/brake.ts'
import { BudgetLimits } from '../../schema/budget.ts'
import { StepId, WorkflowName } from '../../schema/ids.ts'
import type { Json, JsonObject } from '../../schema/json.ts'
import { Run } from '../../schema/run.ts'
import { EventId, StreamedEvent } from '../../schema/run-event.ts'
import { StepUsage } from '../../schema/step.ts'
import { TeamDescription } from '../../schema/team-description.ts'
import { Move } from '../../schema/versions.ts'
import { ApprovalView } from '../approvals.ts'
import { BrakeTarget } from '../brakes.ts'
import type { EventPage as PageOfEvents } from '../run-service.ts'
import { CanaryRequest, RollbackRequest, VersionsView } from '../versions.ts'

/** Any value: whoever parsed the text has made sure that it is JSON. */
const AnyJson = z.unknown().refine((value) => value !== undefined, 'it is missing') as unknown as z.ZodType<Json>

export const StartRunBody = z
  .strictObject({
    workflow: WorkflowName.meta({ description: 'Which of the team’s workflows; GET /workflows lists them.' }),
    input: AnyJson.meta({ description: 'As the workflow’s input schema says.' }),
    settings: (z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>)
      .default({})
      .meta({ description: 'What the operator sets for this run; no model can change it.' }),
    budget: BudgetLimits.optional().meta({
      description: 'What the run may use at most: no more than its workflow’s own budget allows.',
    }),
  })
  .meta({ id: 'StartRun', example: { workflow: 'research', input: { question: 'What is a lease?' }, settings: {} } })

const at = z.iso.datetime()

export const StepView = z.strictObject({
  stepId: StepId,
  agent: z.string(),
  version: z.string(),
  attempts: z.int().positive(),
  status: z.string().meta({ description: 'running, completed, interrupted, or the stop cause' }),
  reason: z.string().optional(),
  startedAt: at,
  endedAt: at.optional(),
  spans: z.array(z.strictObject({ startedAt: at, endedAt: at.optional() })),
  usage: StepUsage,
  artifacts: z.array(z.string()),
  notices: z.array(z.string()),
})

export const RunDetails = z
  .strictObject({
    run: Run,
    steps: z.array(StepView),
    stepsOmitted: z.int().positive().optional().meta({
      description: 'Of a run with very many steps, those that started last are told: so many more there are.',
    }),
    criticalPath: z
      .strictObject({ stepIds: z.array(z.string()), stepsMs: z.number(), overheadMs: z.number() })
      .optional()
      .meta({ description: 'Absent where steps are omitted.' }),
    notices: z.array(z.string()).meta({ description: 'What the models that answered said of themselves.' }),
  })
  .meta({ id: 'RunDetails' })

export const RunPage = z
  .strictObject({
    runs: z.array(Run),
    next: z.string().optional().meta({ description: '`after` for the next page; absent on the last one.' }),
  })
  .meta({ id: 'RunPage' })

export const EventPage = z
  .strictObject({
    events: z.array(StreamedEvent).meta({ description: 'At least once: drop those whose ids you know.' }),
    next: EventId.meta({ description: '`after` for the next page.' }),
    more: z.boolean().meta({ description: 'There is more at once.' }),
    ended: z.boolean().meta({ description: 'The run is over and this page tells its end.' }),
  })
  .meta({ id: 'EventPage' }) satisfies z.ZodType<PageOfEvents>

export const AgentList = TeamDescription.pick({ team: true, sha256: true, agents: true }).meta({ id: 'AgentList' })
export const WorkflowList = TeamDescription.omit({ agents: true }).meta({ id: 'WorkflowList' })

export const BrakeBody = BrakeTarget.extend({
  on: z.boolean().meta({ description: 'Whether it is set or released.' }),
  reason: z.string().max(500).optional().meta({ description: 'Why, for whoever finds it. Needed to set it.' }),
}).meta({
  id: 'Brake',
  example: { on: true, of: 'agent', name: 'writer', reason: 'it quotes from nowhere' },
})

export const BrakeList = z.strictObject({ brakes: z.array(BrakeState) }).meta({ id: 'BrakeList' })

export const BrakeChange = z
  .strictObject({
    brake: BrakeState.optional().meta({ description: 'As it is, or was, set; absent: there was none to release.' }),
    isNew: z.boolean().meta({ description: 'False: it was so before.' }),
  })
  .meta({ id: 'BrakeChange' })

export { ApprovalView } from '../approvals.ts'

export const VersionList = VersionsView.meta({ id: 'VersionList' })
export const RollbackBody = RollbackRequest.meta({
  id: 'Rollback',
  example: { reason: 'it quotes from nowhere' },
})
export const CanaryBody = CanaryRequest.meta({
  id: 'Canary',
  example: { action: 'start', release: 2, percent: 20, guard: { minRuns: 20, errorRate: 0.1 }, reason: 'a new writer' },
})
export const PointerMove = Move.meta({ id: 'PointerMove' })

export const ApprovalPage = z
  .strictObject({
    approvals: z.array(ApprovalView),
    next: z.string().optional().meta({ description: '`after` for the next page; absent on the last one.' }),
  })
  .meta({ id: 'ApprovalPage' })

export const DecideBody = Vote.meta({
  id: 'Decision',
  example: { decision: 'deny', subjectSha256: '0'.repeat(64), guidance: 'Offer a voucher instead.' },
})

export const Health = z.strictObject({ status: z.literal('ok'), team: z.string() }).meta({ id: 'Health' })

/** RFC 9457. */
export const Problem = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string().meta({ description: 'The name of the HTTP status.' }),
    status: z.int(),
    detail: z.string().meta({ description: 'What happened, what was given, what was expected.' }),
    next: z.string().meta({ description: 'What to do about it.' }),
    name: z.string().meta({ description: 'Of the error, for programs: InvalidRequest, NotFound, Conflict, …' }),
    issues: z
      .array(z.strictObject({ path: z.string(), message: z.string() }))
      .optional()
      .meta({ description: 'Each fault with its path in the body, the query or the headers.' }),
  })
  .meta({
    id: 'Problem',
    example: {
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'There is no run 20260101-120000-abcdef',
      next: 'baton runs lists those there are.',
      name: 'NotFound',
    },
  })
export type Problem = z.infer<typeof Problem>
