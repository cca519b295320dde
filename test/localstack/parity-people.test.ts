/** Patterns in which people take part, and `compensate`, on Step Functions and on the embedded engine: decided alike. */
import { randomUUID } from 'node:crypto'
import { expect, it } from 'vitest'
import type { ApprovalView } from '../../src/api/approvals.ts'
import type { Vote } from '../../src/approval/approval-state.ts'
import { createBedrockModel } from '../../src/models/bedrock.ts'
import team from './patterns.team.ts'
import { ask, runEnded, startRun, userArn } from './support/api.ts'
import { comparable } from './support/compare.ts'
import { client, deployed } from './support/deployed.ts'
import { runEmbedded } from './support/embedded.ts'
import { toldOf } from './support/on-aws.ts'
import { until } from './support/until.ts'

const { patterns, patternsModelUrl, effectsUrl, effectsFromFunctions } = deployed
const { region, credentials } = client
const model = createBedrockModel({ endpoint: patternsModelUrl, region, credentials })

type Said = Omit<Vote, 'subjectSha256'>

const CASES: readonly (readonly [workflow: string, said: Said | undefined, status: string])[] = [
  ['sign-off', { decision: 'approve', comment: 'fine' }, 'succeeded'],
  ['sign-off', { decision: 'deny', guidance: 'not like this' }, 'failed'],
  ['deep', { decision: 'approve' }, 'succeeded'],
  ['hasty', undefined, 'succeeded'],
  ['review', { decision: 'approve', answer: { mark: 2 } }, 'succeeded'],
  ['publish', { decision: 'approve' }, 'succeeded'],
  ['publish', { decision: 'deny', guidance: 'ask the press office' }, 'succeeded'],
  ['booking', undefined, 'failed'],
  ['split', { decision: 'approve', answer: { pick: 'two' } }, 'succeeded'],
  ['split', { decision: 'deny' }, 'failed'],
]

const BEGINNING: Readonly<Record<string, string>> = { booking: 'refused-9-', split: 'split-' }

it.concurrent.each(CASES)('%s %j', async (workflow, said, status) => {
  // The same text on both hosts; one that fails the second step of `booking`, or splits a panel.
  const word = `${BEGINNING[workflow] ?? ''}${randomUUID()}`
  const voteOn = ({ request }: ApprovalView): Vote => ({ ...said, subjectSha256: request.subjectSha256 }) as Vote
  const [there, here] = await Promise.all([
    onAws(workflow, word, said && voteOn),
    runEmbedded({
      ...{ team, workflow, model, input: { word }, settings: { effectsUrl } },
      ...(said && { decide: (approval) => ({ vote: voteOn(approval), by: userArn('editor') }) }),
    }),
  ])
  const names = {
    [effectsFromFunctions]: '<effects>',
    [effectsUrl]: '<effects>',
    // One model counts for both.
    'refused 2 of 9': 'refused 1 of 9',
  }
  // As in parity.test.ts: what runs in executions of a distributed Map has none on LocalStack.
  const isChild = (machine: string) => machine !== `${team.name}-${workflow}`
  const [onStepFunctions, embedded] = [comparable(there, () => true, names), comparable(here, isChild, names)]
  expect(onStepFunctions.status).toBe(status)
  expect(onStepFunctions).toEqual(embedded)
})

async function onAws(workflow: string, word: string, voteOn: ((approval: ApprovalView) => Vote) | undefined) {
  const { runId } = await startRun(patterns, {
    ...{ workflow, input: { word }, settings: { effectsUrl: effectsFromFunctions } },
  })
  if (voteOn !== undefined) {
    const approval = await until(`what run ${runId} asks`, 200_000, async () => {
      const { body } = await ask(patterns, `/approvals?runId=${runId}`, { as: 'editor' })
      return (body as { approvals: ApprovalView[] }).approvals[0]
    })
    const path = `/approvals/${approval.request.approvalId}`
    const { status, body } = await ask(patterns, path, { as: 'editor', body: voteOn(approval) })
    expect(status, JSON.stringify(body)).toBe(200)
  }
  await runEnded(patterns, runId)
  return toldOf(patterns, runId)
}
