import { describe, expect, it } from 'vitest'
import { harness, invoke, machine } from './support/harness.ts'

describe('the limits of AWS', () => {
  it('25,000 events: the execution fails with the last one', async () => {
    const definition = machine('A', {
      A: { Type: 'Pass', Next: 'B' },
      B: { Type: 'Choice', Choices: [{ Condition: true, Next: 'A' }] },
    })
    const { result, events } = await harness().run(definition)
    const cause = 'The execution reached the maximum number of history events (25000).'
    expect(result).toEqual({ status: 'FAILED', error: 'States.Runtime', cause })
    expect(events).toHaveLength(25_000)
    expect(events.at(-1)).toMatchObject({ id: 25_000, type: 'ExecutionFailed' })
  }, 20_000)

  it('256 KiB: a result larger than that can be caught on a Task, and fails a Pass', async () => {
    const functions = { large: () => 'x'.repeat(262_143) }
    const caught = machine('T', {
      T: invoke('large', {}, { Catch: [{ ErrorEquals: ['States.ALL'], Next: 'D' }] }),
      D: { Type: 'Succeed' },
    })
    const suffix = 'returned a result with a size exceeding the maximum number of bytes service limit.'
    expect((await harness({ functions }).run(caught)).result).toEqual({
      status: 'SUCCEEDED',
      output: { Error: 'States.DataLimitExceeded', Cause: `The state/task 'lambda' ${suffix}` },
    })
    const direct = machine('T', {
      T: { Type: 'Task', Resource: 'arn:aws:lambda:us-east-1:000000000000:function:large', End: true },
    })
    const named = { 'arn:aws:lambda:us-east-1:000000000000:function:large': functions.large }
    expect((await harness({ functions: named }).run(direct)).result).toMatchObject({
      cause: `The state/task 'arn:aws:lambda:us-east-1:000000000000:function:large' ${suffix}`,
    })
    const grown = machine('P', { P: { Type: 'Pass', Output: '{% $pad("", 262143, "x") %}', End: true } })
    const { result } = await harness().run(grown)
    expect(result).toMatchObject({ error: 'States.DataLimitExceeded', cause: `The state/task 'P' ${suffix}` })
  })

  it('262,144 bytes exactly pass', async () => {
    const definition = machine('P', { P: { Type: 'Pass', Output: '{% $pad("", 262142, "x") %}', End: true } })
    expect((await harness().run(definition)).result.status).toBe('SUCCEEDED')
  })

  it('counts bytes, not characters', async () => {
    const definition = machine('P', { P: { Type: 'Pass', Output: '{% $pad("", 131072, "é") %}', End: true } })
    expect((await harness().run(definition)).result).toMatchObject({ error: 'States.DataLimitExceeded' })
  })

  it('refuses an input that is too large before anything starts', async () => {
    const definition = machine('P', { P: { Type: 'Pass', End: true } })
    const { run, engine } = harness()
    await expect(run(definition, 'x'.repeat(300_000))).rejects.toThrow(/300002 bytes/)
    expect(engine.list('')).toEqual([])
  })

  it('variables: 256 KiB each, 10 MiB in all', async () => {
    const each = machine('P', { P: { Type: 'Pass', Assign: { v: '{% $pad("", 262143, "x") %}' }, End: true } })
    expect((await harness().run(each)).result).toMatchObject({ error: 'States.DataLimitExceeded' })
    const loop = machine('P', {
      P: { Type: 'Pass', Assign: { n: '{% $exists($n) ? $n + 1 : 1 %}' }, Output: { n: 1 }, Next: 'C' },
      C: { Type: 'Choice', Choices: [{ Condition: '{% $n < 3 %}', Next: 'P' }], Default: 'D' },
      D: { Type: 'Succeed', Output: '{% $n %}' },
    })
    expect((await harness().run(loop)).result).toEqual({ status: 'SUCCEEDED', output: 3 })
    const names = Array.from({ length: 41 }, (_, i) => `v${i}`)
    const assign = Object.fromEntries(names.map((name) => [name, `{% $pad("${name}", 262000, "x") %}`]))
    const all = machine('P', { P: { Type: 'Pass', Assign: assign, End: true } })
    expect((await harness().run(all)).result).toMatchObject({ error: 'States.DataLimitExceeded' })
  })

  it('an inline Map is at most 40 wide, whatever MaxConcurrency says', async () => {
    let now = 0
    let most = 0
    const { run } = harness({
      functions: {
        async work(_payload, { clock, signal }) {
          most = Math.max(most, ++now)
          await clock.sleep(10, signal)
          now--
          return 1
        },
      },
    })
    const definition = machine('M', {
      M: {
        Type: 'Map',
        MaxConcurrency: 100,
        ItemProcessor: { StartAt: 'W', States: { W: invoke('work', {}) } },
        End: true,
      },
    })
    await run(
      definition,
      Array.from({ length: 100 }, (_, i) => i),
    )
    expect(most).toBe(40)
  })

  it('a Wait is at most 2^31 - 1 seconds', async () => {
    const wait = (seconds: number) => machine('W', { W: { Type: 'Wait', Seconds: `{% ${seconds} %}`, End: true } })
    expect((await harness().run(wait(2_147_483_647))).result.status).toBe('SUCCEEDED')
    expect((await harness().run(wait(2_147_483_648))).result).toMatchObject({ error: 'States.QueryEvaluationError' })
    expect((await harness().run(wait(1.5))).result).toMatchObject({ error: 'States.QueryEvaluationError' })
  })
})
