import { expect, it } from 'vitest'
import { resumerOf } from '../../../src/cli/resume-interrupted.ts'
import type { Run } from '../../../src/schema/run.ts'
import { runLike } from '../telemetry/run-like.ts'

const run = (runId: string, cancelRequested = false) => ({ ...runLike(), runId, cancelRequested }) as Run

it('resumes each run once, ends what was to be cancelled, and says what cannot be resumed', async () => {
  const done: string[] = []
  const told: string[] = []
  const resume = resumerOf({
    host: {
      async resume(runId: string) {
        if (runId === 'run-3') throw new Error('another version')
        done.push(`resume ${runId}`)
      },
      service: { cancel: async (runId: string) => void done.push(`cancel ${runId}`) },
    } as never,
    tell: (line) => told.push(line),
  })
  await resume([run('run-1'), run('run-2', true), run('run-3')])
  await resume([run('run-3'), run('run-4'), run('run-1')])
  expect(done).toEqual(['resume run-1', 'cancel run-2', 'resume run-4'])
  expect(told).toEqual([
    'run-1 resumed',
    'run-2 cancelled, as was asked for before it was cut off',
    'run-3 could not be resumed: another version',
    'run-4 resumed',
  ])
})
