/** A team that asks people, its control function and its inbox, over records in memory. Runs no engine. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import * as z from 'zod'
import { decideApproval, listApprovals, readApproval } from '../../../src/api/approvals.ts'
import { runControlTask } from '../../../src/api/run-control-task.ts'
import type { Vote } from '../../../src/approval/approval-state.ts'
import { openApprovals } from '../../../src/approval/approvals.ts'
import { defineAgent } from '../../../src/define/agent.ts'
import { sequence, step } from '../../../src/define/patterns.ts'
import { approve, person } from '../../../src/define/people.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineTool } from '../../../src/define/tool.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import { RecordsUnavailable } from '../../../src/errors.ts'
import type { ApprovalRequest } from '../../../src/schema/approval.ts'
import { RunId, type StepId } from '../../../src/schema/ids.ts'
import type { Json } from '../../../src/schema/json.ts'
import type { Run } from '../../../src/schema/run.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

const sendMoney = defineTool({
  name: 'send_money',
  description: 'Sends money.',
  input: z.object({ to: z.string(), cents: z.int().max(1_000) }),
  output: z.string(),
  approval: { when: 'always' },
  run: async () => 'sent',
})
const clerk = defineAgent({
  name: 'clerk',
  version: '1.0.0',
  role: 'Clerk',
  goal: 'Pay.',
  instructions: 'Pay.',
  model: { id: 'model-a' },
  tools: [sendMoney],
  input: z.object({}),
  output: z.object({ done: z.boolean() }),
})
export const Review = z.object({ stars: z.int().min(1).max(5), text: z.string().default('none') })
const paying = defineWorkflow({
  name: 'paying',
  version: '1.0.0',
  input: z.object({}),
  output: Review,
  steps: () =>
    sequence(step('pay', clerk), approve('publish', { role: 'editor' }), person('review', { output: Review })),
})
export const office = defineTeam({
  name: 'office',
  agents: [clerk],
  workflows: [paying],
  roles: { editor: ['local:anna', 'arn:aws:sts::123456789012:assumed-role/Editors/*'] },
})

export const RUN = RunId.parse('run-1')

export async function approvalsBench(startedBy = 'local:starter') {
  const folder = mkdtempSync(join(tmpdir(), 'baton-approvals-'))
  const clock = fakeClock('2026-01-01T00:00:00.000Z')
  const stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock })
  onTestFinished(() => {
    stores.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const run: Run = {
    runId: RUN,
    team: office.name,
    teamSha256: office.sha256 as never,
    workflow: paying.name,
    workflowVersion: paying.version,
    input: {},
    settings: {},
    lock: { agents: {}, workflows: {} },
    model: 'scripted',
    execution: 1,
    status: 'running',
    startedAt: clock.now().toISOString(),
    caller: startedBy,
    cancelRequested: false,
  }
  await stores.runs.create(run)
  const sent: (readonly [string, Json])[] = []
  let isCutOff = false
  const dependencies = {
    ...stores,
    clock,
    team: office,
    approvals: openApprovals({ records: stores.records, clock }),
    tokens: {
      async succeed(token: string, output: Json) {
        if (isCutOff) throw new RecordsUnavailable({ message: 'no answer', next: 'Again.' })
        if (sent.some(([used]) => used === token)) return false
        sent.push([token, output])
        return true
      },
    },
    agents: () => clerk,
    ledger: { list: async () => [] },
  }
  return {
    clock,
    stores,
    /** What was sent to which token. */
    sent,
    dependencies,
    control: (task: unknown) => runControlTask(task, dependencies),
    list: (query: { runId?: RunId } = {}) => listApprovals({ limit: 10, ...query }, dependencies),
    read: (approvalId: string) => readApproval(approvalId, dependencies),
    decide: ({ approvalId, subjectSha256 }: ApprovalRequest, by: string, vote: Partial<Vote> = {}) =>
      decideApproval(approvalId, { decision: 'approve', subjectSha256, ...vote }, by, dependencies),
    /** @param cut Whether nothing reaches a token from now on. */
    cutOff: (cut: boolean) => {
      isCutOff = cut
    },
    async rulesOf(stepId: string) {
      const { records } = await stores.journal.readStep(RUN, stepId as StepId)
      return records.flatMap(({ row }) => (row.event === 'start' ? [] : [`${row.event} ${row.rule ?? row.status}`]))
    },
  }
}

/** What the state machine gives for a node that asks. */
export function nodeTask(node: 'publish' | 'review', token: string, input: Json = { text: 'all of it' }) {
  return { task: 'requestDecision', token, runId: RUN, workflow: 'paying', node, stepId: node, input }
}
