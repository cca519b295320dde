import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { askingTeam } from './support/asking-team.ts'
import { peopleOn } from './support/people-host.ts'

const PROGRAM = join(import.meta.dirname, 'support/run-asking.ts')
const team = askingTeam(() => undefined)
let root: string

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'baton-kill-people-'))
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

function begin(mode: 'work' | 'decide', folder: string, crashAt?: string): ChildProcess {
  const args = ['--conditions=baton-source', PROGRAM, mode, folder, join(folder, 'sent.log')]
  return spawn(process.execPath, args, { env: { PATH: '', ...(crashAt && { BATON_CRASH_AT: crashAt }) } })
}

async function end(child: ChildProcess): Promise<{ readonly signal: string | null; readonly output: string }> {
  let output = ''
  child.stdout?.on('data', (data) => {
    output += data
  })
  const [, signal] = (await once(child, 'close')) as [number | null, string | null]
  return { signal, output }
}

/** Approves all that comes, while the run goes on. */
async function finish(folder: string, working: Promise<{ readonly output: string }>) {
  const people = peopleOn(folder, team)
  let over = false
  const ended = working.finally(() => {
    over = true
  })
  while (!over) {
    const pending = (await people.approvals.ofRun('run-1' as never)).filter(({ status }) => status === 'pending')
    for (const asked of pending) await people.say(asked)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const asked = await people.approvals.ofRun('run-1' as never)
  people.close()
  const sent = readFileSync(join(folder, 'sent.log'), 'utf8').trim().split('\n')
  return { asked: asked.map(({ request }) => request.kind).sort(), sent, result: JSON.parse((await ended).output) }
}

const DONE = {
  asked: ['approve', 'tool'],
  sent: ['x@example.org'],
  result: { status: 'succeeded', execution: 1, output: { approved: true, by: ['local:ann'] } },
}

describe('kill -9 of a process whose run waits for people', () => {
  it('loses nothing: the next process waits on, and what was decided in between counts at once', async () => {
    const folder = mkdtempSync(join(root, 'waiting-'))
    const first = begin('work', folder)
    const people = peopleOn(folder, team)
    const [asked] = await people.pending()
    first.kill('SIGKILL')
    await once(first, 'close')
    if (asked !== undefined) await people.say(asked)
    people.close()
    expect(await finish(folder, end(begin('work', folder)))).toEqual(DONE)
  }, 60_000)

  it.each([
    'approval.request.before',
    'approval.request.after',
    'approval.request.before:2',
    'approval.request.after:2',
  ])(
    'at %s: asked once, sent once',
    async (crashAt) => {
      const folder = mkdtempSync(join(root, 'request-'))
      const people = peopleOn(folder, team)
      const killed = end(begin('work', folder, crashAt))
      if (crashAt.endsWith(':2')) for (const asked of await people.pending()) await people.say(asked)
      expect((await killed).signal).toBe('SIGKILL')
      people.close()
      expect(await finish(folder, end(begin('work', folder)))).toEqual(DONE)
    },
    60_000,
  )

  it.each(['approval.decide.before', 'approval.decide.after', 'approval.send.before', 'approval.send.after'])(
    'of whoever decides, at %s: a decision that is durable counts once the run is resumed',
    async (crashAt) => {
      const folder = mkdtempSync(join(root, 'decide-'))
      const worker = begin('work', folder)
      const gone = once(worker, 'close')
      const people = peopleOn(folder, team)
      await people.pending()
      people.close()
      expect((await end(begin('decide', folder, crashAt))).signal).toBe('SIGKILL')
      worker.kill('SIGKILL')
      await gone
      expect(await finish(folder, end(begin('work', folder)))).toEqual(DONE)
    },
    60_000,
  )
})
