import { describe, expect, it } from 'vitest'
import { withDeadline } from '../../../src/models/deadline.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

function options(signal = new AbortController().signal) {
  return { agent: 'a', stepId: 's', turn: 1, timeoutMs: 500, signal }
}

const never = () => new Promise<never>(() => {})

describe('withDeadline', () => {
  it('gives what the call gives, and leaves no timer behind', async () => {
    const clock = fakeClock()
    let signal: AbortSignal | undefined

    const value = await withDeadline({
      options: options(),
      clock,
      asked: 'it',
      run: async (given) => {
        signal = given
        return 7
      },
    })

    expect(value).toBe(7)
    expect(signal?.aborted).toBe(true)
  })

  it('waits for no client that ignores its signal', async () => {
    const clock = fakeClock()
    const abort = new AbortController()
    const late = withDeadline({ options: options(), clock, asked: 'it', run: never }).catch((error) => error)
    const aborted = withDeadline({ options: options(abort.signal), clock, asked: 'it', run: never }).catch((e) => e)

    abort.abort('enough')
    await clock.advance(500)

    expect(await late).toMatchObject({ name: 'RetryableModelTimedOut', message: expect.stringContaining('step s') })
    expect(await aborted).toBe('enough')
  })

  it('passes on what the call throws, but the caller’s reason where the caller aborted', async () => {
    const clock = fakeClock()
    const run = async () => {
      throw new Error('the socket closed')
    }

    await expect(withDeadline({ options: options(), clock, asked: 'it', run })).rejects.toThrow('the socket closed')
    const fresh = new AbortController()
    const aborting = async () => {
      fresh.abort('enough')
      throw new Error('the socket closed')
    }
    const thrown = withDeadline({ options: options(fresh.signal), clock, asked: 'it', run: aborting })
    await expect(thrown).rejects.toBe('enough')
  })

  it('does not begin for a caller that has aborted', async () => {
    let begun = false
    const run = async () => {
      begun = true
    }

    const call = withDeadline({ options: options(AbortSignal.abort('no')), clock: fakeClock(), asked: 'it', run })

    await expect(call).rejects.toBe('no')
    expect(begun).toBe(false)
  })
})
