/** Runs that wait for people, through API Gateway: who may decide, what comes of it, and what is refused. */
import { randomUUID } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { ApprovalView } from '../../src/api/approvals.ts'
import { ask, detailsOf, runEnded, startRun, userArn } from './support/api.ts'
import { deployed } from './support/deployed.ts'
import { effectsOf } from './support/effects.ts'
import { until } from './support/until.ts'

const { patterns, effectsUrl, effectsFromFunctions } = deployed
const settings = { effectsUrl: effectsFromFunctions }

async function begin(workflow: string): Promise<{ runId: string; word: string; approval: ApprovalView }> {
  const word = randomUUID()
  const { runId } = await startRun(patterns, { workflow, input: { word }, settings })
  return { runId, word, approval: await pendingOf(runId) }
}

async function pendingOf(runId: string): Promise<ApprovalView> {
  return until(`what run ${runId} asks`, 200_000, async () => {
    const { status, body } = await ask(patterns, `/approvals?runId=${runId}`, { as: 'editor' })
    expect(status, JSON.stringify(body)).toBe(200)
    return (body as { approvals: ApprovalView[] }).approvals.find(({ status }) => status === 'pending')
  })
}

function decide({ request }: ApprovalView, as: string, vote: object) {
  const body = { decision: 'approve', subjectSha256: request.subjectSha256, ...vote }
  return ask(patterns, `/approvals/${request.approvalId}`, { as, body })
}

describe.concurrent('a tool that an editor must allow', () => {
  it('runs once it is allowed, and not for anybody else’s word, another hash or another id', async () => {
    const { runId, word, approval } = await begin('publish')
    expect(approval).toMatchObject({
      roles: ['editor'],
      missing: 1,
      request: { kind: 'tool', subject: { text: word } },
    })
    expect(JSON.stringify(approval)).not.toMatch(/token/i)
    const others = await Promise.all([
      decide(approval, 'test', {}),
      decide(approval, 'stranger', {}),
      decide(approval, 'editor', { subjectSha256: '0'.repeat(64) }),
      ask(patterns, `/approvals/a-${'0'.repeat(32)}`, {
        as: 'editor',
        body: { decision: 'approve', subjectSha256: approval.request.subjectSha256 },
      }),
    ])
    expect(others.map(({ status }) => status)).toEqual([403, 403, 409, 404])
    expect(await effectsOf(effectsUrl, runId)).toEqual([])

    expect(await decide(approval, 'editor', { comment: 'fine' })).toMatchObject({
      status: 200,
      body: { status: 'approved', decision: { by: [userArn('editor')] } },
    })
    const { run, steps } = await runEnded(patterns, runId)
    expect(run).toMatchObject({ status: 'succeeded', output: { score: 1 } })
    expect(steps).toHaveLength(1)
    expect((await effectsOf(effectsUrl, runId)).map(({ text }) => text)).toEqual([word])
    // Said again it counts once; said otherwise, or by somebody else, it comes too late.
    const again = await Promise.all([
      decide(approval, 'editor', { comment: 'fine' }),
      decide(approval, 'editor', { decision: 'deny' }),
      decide(approval, 'second', {}),
    ])
    expect(again.map(({ status }) => status)).toEqual([200, 409, 409])
    expect(await effectsOf(effectsUrl, runId)).toHaveLength(1)
  })

  it('does not run where it is denied, and its agent is told what to do instead', async () => {
    const { runId, approval } = await begin('publish')
    expect((await decide(approval, 'second', { decision: 'deny', guidance: 'ask the press office' })).status).toBe(200)
    const { run } = await runEnded(patterns, runId)
    expect(run).toMatchObject({ status: 'succeeded', output: { score: 0 } })
    expect(JSON.stringify(run.output)).toContain('ask the press office')
    expect(await effectsOf(effectsUrl, runId)).toEqual([])
  })

  it('runs with the arguments that the editor has put in the place of its own', async () => {
    const { runId, approval } = await begin('publish')
    expect((await decide(approval, 'editor', { edited: { text: 1 } })).status).toBe(400)
    expect((await decide(approval, 'editor', { edited: { text: 'edited' } })).status).toBe(200)
    expect((await runEnded(patterns, runId)).run).toMatchObject({ status: 'succeeded' })
    expect((await effectsOf(effectsUrl, runId)).map(({ text }) => text)).toEqual(['edited'])
  })
})

describe.concurrent('a workflow that asks people', () => {
  it('is asked about two machines below, and goes on there', async () => {
    const { runId, approval, word } = await begin('deep')
    expect(approval.request).toMatchObject({ kind: 'approve', stepId: 'child/allow', subject: word })
    expect((await decide(approval, 'test', {})).status).toBe(403)
    expect((await decide(approval, 'editor', {})).status).toBe(200)
    const { run, steps } = await runEnded(patterns, runId)
    expect(run).toMatchObject({ status: 'succeeded', execution: 1 })
    const agents = steps.filter(({ agent }) => agent === 'worker').map(({ stepId }) => stepId)
    expect(agents).toEqual(['child/after', 'last'])
  })

  it('has its default where nobody decides in time', async () => {
    const { runId, approval } = await begin('hasty')
    const { run } = await runEnded(patterns, runId)
    expect(run).toMatchObject({ status: 'succeeded', output: 'nobody said anything' })
    expect((await decide(approval, 'editor', {})).status).toBe(409)
  })

  it('gets a person’s work, as its schema has it', async () => {
    const { runId, approval } = await begin('review')
    expect((await decide(approval, 'editor', { answer: { mark: 'good' } })).status).toBe(400)
    expect((await decide(approval, 'editor', { answer: { mark: 2 } })).status).toBe(200)
    expect((await runEnded(patterns, runId)).run).toMatchObject({ status: 'succeeded', output: { mark: 2 } })
  })

  it('waits no longer once its run is cancelled, and nothing can be decided then', async () => {
    const { runId, approval } = await begin('sign-off')
    expect((await ask(patterns, `/runs/${runId}/cancel`, { method: 'POST' })).status).toBe(202)
    expect((await runEnded(patterns, runId)).run).toMatchObject({ status: 'cancelled' })
    expect((await decide(approval, 'editor', {})).status).toBe(409)
    expect((await detailsOf(patterns, runId)).steps.filter(({ agent }) => agent === 'worker')).toEqual([])
  })
})

describe.concurrent('what a run did', () => {
  it('is taken back where it fails', async () => {
    const word = `refused-9-${randomUUID()}`
    const { runId } = await startRun(patterns, { workflow: 'booking', input: { word }, settings })
    const { run } = await runEnded(patterns, runId)
    expect(run).toMatchObject({ status: 'failed', error: { name: 'Stopped.modelRejected' } })
    const done = await effectsOf(effectsUrl, runId)
    expect(done.map(({ kind, text }) => [kind, text])).toEqual([
      ['keyed', word],
      ['undone', word],
    ])
  })
})
