/**
 * What state machines ask of the team itself: to ask people, to say what stands when nobody answered, to decide by a
 * rule, what there is to undo.
 */
import * as z from 'zod'
import { approvalIdOf } from '../approval/approval-id.ts'
import type { Approval } from '../approval/approval-state.ts'
import { canonicalJson } from '../audit/canonical.ts'
import type { Workflow } from '../define/workflow.ts'
import type { ApproveNode, PersonNode } from '../define/workflow-node.ts'
import { walk } from '../define/workflow-nodes.ts'
import { assertNever, InvalidRequest, NotFound, RecordsUnavailable } from '../errors.ts'
import type { ApprovalRequest } from '../schema/approval.ts'
import { ControlTask } from '../schema/control-task.ts'
import type { Sha256 } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import { sha256 } from '../schema/sha256.ts'
import type { ApprovalDependencies } from './approvals.ts'
import { decideRule, type RuleDependencies } from './decide-rule.ts'
import { deliver, recordAsked, recordDecided } from './deliver-decision.ts'
import { type ListUndoDependencies, listUndo } from './list-undo.ts'
import { findWorkflow } from './start-run.ts'

export type ControlDependencies = ApprovalDependencies & ListUndoDependencies & RuleDependencies

/**
 * Safe to be given the same task again. What it gives counts for `expireApproval`, `decide` and `listUndo`; a request is answered
 * through its token.
 * @throws InvalidRequest for what is no task; NotFound where the team has no such node; RecordsUnavailable
 */
export async function runControlTask(given: unknown, dependencies: ControlDependencies): Promise<Json> {
  const task = parseTask(given)
  switch (task.task) {
    case 'requestApproval':
      await ask({ request: task.request }, task.token, dependencies)
      return {}
    case 'requestDecision':
      await ask(await askedByNode(task, dependencies), task.token, dependencies)
      return {}
    case 'expireApproval':
      return expire(task, dependencies)
    case 'decide':
      return (await decideRule(task, dependencies)) as unknown as Json
    case 'listUndo':
      return (await listUndo(task, dependencies)) as unknown as Json
    default:
      return assertNever(task)
  }
}

type Task<Name extends ControlTask['task']> = Extract<ControlTask, { readonly task: Name }>

function parseTask(given: unknown): ControlTask {
  const task = ControlTask.safeParse(given)
  if (task.success) return task.data
  throw new InvalidRequest({
    message: `what the state machine gave is no task:\n${z.prettifyError(task.error)}`,
    next: 'Compile the workflow again with this version.',
  })
}

async function ask(
  asked: Pick<Approval, 'request' | 'node'>,
  token: string,
  dependencies: ControlDependencies,
): Promise<void> {
  const startedBy = (await dependencies.runs.read(asked.request.runId))?.caller
  const approval = await dependencies.approvals.request(
    { ...asked, ...(startedBy === undefined ? {} : { startedBy }) },
    token,
  )
  await recordAsked(approval, dependencies)
  // Its run has ended meanwhile: nobody would ever close it.
  const run = await dependencies.runs.read(asked.request.runId)
  if (run?.status !== 'running') await dependencies.approvals.close(asked.request.runId)
  // Decided before, as the run was resumed: whoever waits now is told at once.
  await deliver(approval, dependencies)
}

async function askedByNode(
  { token, runId, workflow: name, node: nodeName, stepId, input }: Task<'requestDecision'>,
  { approvals, team, clock }: ControlDependencies,
): Promise<Pick<Approval, 'request' | 'node'>> {
  const workflow = findWorkflow(team, name)
  const { kind, policy, ...rest } = nodeOf(workflow, nodeName)
  const subjectSha256 = sha256(canonicalJson(input)) as Sha256
  const before = (await approvals.ofRun(runId)).filter(({ request }) => request.stepId === stepId)
  const denied = before.filter(({ decision }) => decision?.outcome === 'denied')
  const tokens = await Promise.all(denied.map((approval) => approvals.tokenOf(approval)))
  const approvalId = approvalIdOf({
    ...{ runId, stepId, kind, subjectSha256 },
    requester: name,
    policyVersion: workflow.sha256,
    // A run that goes on after a denial asks anew; what comes late, with a token that was answered by one, does not.
    which: tokens.filter((used) => used !== token).length,
  })
  const nowMs = clock.now().getTime()
  const request: ApprovalRequest = {
    ...{ approvalId, kind, runId, stepId, subject: input, subjectSha256, policy },
    summary: `${name} asks ${kind === 'approve' ? 'for an approval' : 'for an answer'}: ${nodeName}`,
    ...('outputSchema' in rest && { answerSchema: rest.outputSchema }),
    requestedAt: new Date(nowMs).toISOString(),
    expiresAt: new Date(nowMs + policy.expiresSeconds * 1_000).toISOString(),
  }
  return { request, node: { workflow: workflow.name, name: nodeName } }
}

/** @throws NotFound */
function nodeOf(workflow: Workflow, name: string): ApproveNode | PersonNode {
  for (const node of walk(workflow.root)) {
    if ((node.kind === 'approve' || node.kind === 'person') && node.name === name) return node
  }
  throw new NotFound({
    message: `workflow ${workflow.name} has nothing that asks people under the name ${name}`,
    next: 'Run it with the team that the run was started with.',
  })
}

async function expire(
  { runId, approvalId, stepId }: Task<'expireApproval'>,
  dependencies: ControlDependencies,
): Promise<Json> {
  const { approvals } = dependencies
  const id = approvalId ?? (await latestOf(runId, stepId, dependencies))
  const approval = id === undefined ? undefined : await approvals.expire(runId, id)
  if (approval?.decision !== undefined) {
    const { request, decision } = approval
    if (decision.expired) dependencies.onDecided?.({ request, decision })
    // Its token's time is up: the answer to this task is how the state machine learns of it.
    await recordDecided(approval, dependencies)
    return approval.decision as unknown as Json
  }
  // The time was up before the request was written down: it may still be on its way, so the state machine asks again.
  throw new RecordsUnavailable({
    message: `what step ${stepId} of run ${runId} asks has not been recorded yet, and its time is up`,
    next: `Give people more time than the function takes to start; look at it with: baton approvals ${runId}`,
  })
}

async function latestOf(
  runId: Approval['request']['runId'],
  stepId: string,
  { approvals }: Pick<ControlDependencies, 'approvals'>,
) {
  const all = (await approvals.ofRun(runId)).filter(({ request }) => request.stepId === stepId)
  const sorted = all.toSorted((a, b) => a.request.requestedAt.localeCompare(b.request.requestedAt))
  return (sorted.findLast(({ status }) => status === 'pending') ?? sorted.at(-1))?.request.approvalId
}
