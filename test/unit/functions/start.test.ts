import { expect, it } from 'vitest'
import { startHandler } from '../../../functions/start.ts'
import { controlDependencies, LOCK, lambdaContext, team } from './support/team.ts'

const event = { workflow: 'solve', input: { question: 'What?' } }

function prepare() {
  const control = controlDependencies()
  const { dependencies } = control
  return {
    ...control,
    handle: (given: unknown) => startHandler({ team }, () => ({ dependencies }))(given, lambdaContext()),
  }
}

it('starts a run with the versions of the current release', async () => {
  const { handle, started } = prepare()
  expect(await handle({ ...event, idempotencyKey: 'e1' })).toMatchObject({ isNew: true })
  expect(started).toMatchObject([{ workflow: 'solve', lock: LOCK, caller: 'event', execution: 1 }])
})

it('starts one run for an event that is delivered twice', async () => {
  const { handle, started } = prepare()
  const first = await handle({ ...event, idempotencyKey: 'e1' })
  expect(await handle({ ...event, idempotencyKey: 'e1' })).toEqual({ ...first, isNew: false })
  expect(started).toHaveLength(1)
})

it('starts one run where Lambda repeats an invocation without a key', async () => {
  const { handle, started } = prepare()
  const first = await handle(event)
  expect(await handle(event)).toEqual({ ...first, isNew: false })
  expect(started).toHaveLength(1)
})

it.each([
  [undefined, 'InvalidRequest'],
  [{ ...event, input: 1 }, 'InvalidRequest'],
  [{ ...event, caller: 'arn:aws:iam::1:user/admin' }, 'InvalidRequest'],
  [{ ...event, workflow: 'other' }, 'NotFound'],
])('refuses %j as %s', async (given, name) => {
  const { handle, started } = prepare()
  await expect(handle(given)).rejects.toMatchObject({ name })
  expect(started).toEqual([])
})
