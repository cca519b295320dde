/** People decide from another process than the one that runs the run, or while none does. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { ApprovalView } from '../../src/api/approvals.ts'
import { baton, scratch, start, writeJson } from './baton.ts'

const TEAM = join(import.meta.dirname, 'teams/people.team.ts')
const refund = { name: 'refund', input: { order: 'o-1', usd: 80 } }

function desk(data: string) {
  const script = writeJson(data, 'script.json', {
    agents: { desk: [{ toolUses: [refund] }, { submit: { done: 'settled' } }] },
  })
  const [log, folder] = [join(data, 'log.txt'), join(data, 'data')]
  const place = ['--data', folder]
  const model = ['--model', `scripted:${script}`]
  const run = (workflow: string) =>
    start([
      'run',
      '--team',
      TEAM,
      '--workflow',
      workflow,
      '--input',
      '{"order":"o-1"}',
      '--log',
      log,
      ...place,
      ...model,
    ])
  async function pending(): Promise<readonly ApprovalView[]> {
    const { stdout } = await baton(['approvals', '--json', ...place])
    return JSON.parse(stdout).approvals
  }
  return {
    run,
    pending,
    place,
    model,
    say: (...words: string[]) => baton([...words, ...place]),
    resume: () => baton(['resume', 'latest', ...place, ...model]),
    refunds: () => (existsSync(log) ? readFileSync(log, 'utf8').trim().split('\n') : []),
  }
}

async function one(pending: () => Promise<readonly ApprovalView[]>): Promise<string> {
  const [approval, ...more] = await pending()
  expect(more).toEqual([])
  return approval?.request.approvalId ?? ''
}

describe('approvals', () => {
  it('a call waits for somebody of the role, and runs with the arguments that they made of it', async () => {
    const { run, pending, say, refunds } = desk(scratch())
    const running = run('complaint')
    await running.saw('decide: npx baton approvals')
    const id = await one(pending)
    expect(await say('approvals', id)).toMatchObject({ code: 0, stdout: expect.stringContaining('"usd": 80') })
    expect(await say('approve', id, '--as', 'mallory')).toMatchObject({ code: 1, stderr: /takes the role clerk/ })
    expect(await say('approve', id, '--as', 'clara', '--edit', '{"usd": -5}')).toMatchObject({ code: 2 })
    expect(await say('approve', id, '--as', 'clara', '--edit', '{no')).toMatchObject({ stderr: /Nothing was decided/ })
    expect(await say('approve', `${id.slice(0, 3)}`)).toMatchObject({ stderr: /at least the first 4 digits/ })
    expect(await say('approve', 'a-00000000')).toMatchObject({ code: 3, stderr: /Nothing waits/ })
    expect(refunds()).toEqual([])
    const edited = ['--edit', '{"order":"o-1","usd":60}']
    const approved = await say('approve', id.slice(0, 12), '--as', 'clara', ...edited)
    expect(approved).toMatchObject({ code: 0, stdout: /is approved/ })
    expect(await running.ended).toMatchObject({ code: 0, stdout: expect.stringContaining('settled') })
    expect(refunds()).toEqual(['o-1 60'])
    expect(await say('approve', id, '--as', 'clara', ...edited)).toMatchObject({ code: 0 })
    expect(await say('approve', id, '--as', 'carl')).toMatchObject({
      code: 4,
      stderr: /approved already: by local:clara/,
    })
    expect(refunds()).toEqual(['o-1 60'])
  }, 60_000)

  it('a denial comes back to the agent with its guidance, and nothing is paid', async () => {
    const { run, pending, say, refunds } = desk(scratch())
    const running = run('complaint')
    await running.saw('decide:')
    const id = await one(pending)
    await say('deny', id, '--as', 'clara', '--guidance', 'offer a voucher')
    expect(await running.ended).toMatchObject({ code: 0, stderr: expect.stringContaining('offer a voucher') })
    expect(refunds()).toEqual([])
  }, 60_000)

  it('a process that was killed while it waited goes on with what was decided meanwhile, also deep in a child', async () => {
    const { run, pending, say, resume, place, model } = desk(scratch())
    const running = run('article')
    await running.saw('waits for a person')
    running.child.kill('SIGKILL')
    await running.ended
    const review = await one(pending)
    expect(await say('approve', review, '--answer', '{"verdict":"great"}')).toMatchObject({ code: 2 })
    const answered = await say('approve', review, '--answer', '{"verdict":"good","why":"short"}')
    expect(answered.stdout).toContain('baton resume')
    const again = start(['resume', 'latest', ...place, ...model])
    await again.saw('waits for a person')
    const publish = await one(pending)
    expect(await say('approve', publish, '--as', 'ed')).toMatchObject({ stdout: /1 more approval/ })
    again.child.kill('SIGKILL')
    await again.ended
    expect(await one(pending)).toBe(publish)
    expect(await say('approve', publish, '--as', 'edna')).toMatchObject({ stdout: /is approved/ })
    expect(await resume()).toMatchObject({ code: 0, stdout: expect.stringContaining('"local:edna"') })
    expect(await pending()).toEqual([])
  }, 60_000)
})
