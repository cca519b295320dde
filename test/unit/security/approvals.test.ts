/** A hijacked model cannot say yes in the place of a person, whatever it says and however often it asks. */
import { describe, expect, it } from 'vitest'
import { hijacked } from './support/hijacked.ts'

const pay = (word: string) => ({ name: 'pay', input: { word } })
const yes = () => ({ decision: 'approve' }) as const
const no = () => ({ decision: 'deny' }) as const

const decided = (rows: Awaited<ReturnType<typeof hijacked>>['rows']) =>
  rows.filter(({ rule }) => rule === 'approval.approved' || rule === 'approval.denied')

describe('a call that a person must allow', () => {
  it('runs once a person has, and the row of the call names the approval', async () => {
    const { ran, rows } = await hijacked({ turns: [[pay('80')]], people: yes })
    expect(ran).toEqual(['pay {"word":"80"}'])
    const [decision] = decided(rows)
    expect(decision).toMatchObject({ rule: 'approval.approved', reason: 'local:anna' })
    expect(rows.find(({ event }) => event === 'tool')).toMatchObject({ status: 'ok', approval: decision?.approval })
  })

  it('does not run on a no, nor when it is asked for again', async () => {
    const turns = Array.from({ length: 4 }, () => [pay('80')])
    const { ran, calls } = await hijacked({ turns, people: no })
    expect(ran).toEqual([])
    expect(calls.length).toBeGreaterThan(1)
    expect(calls.filter((call) => !/^pay denied (approvalDenied|loop)$/.test(call))).toEqual([])
  })

  it('is another call with other arguments: a yes to one is none to the other', async () => {
    let asked = 0
    const { ran, rows } = await hijacked({
      turns: [[pay('1')], [pay('1000000')]],
      people: () => (asked++ === 0 ? yes() : no()),
    })
    expect(ran).toEqual(['pay {"word":"1"}'])
    const approvals = decided(rows).map(({ approval }) => approval)
    expect(new Set(approvals).size).toBe(2)
  })

  it('does not run twice for one yes', async () => {
    const { ran, rows } = await hijacked({ turns: [[pay('80')], [pay('80')]], people: yes })
    // The same call in another turn is another call, and was asked for again.
    expect(ran).toHaveLength(decided(rows).length)
    expect(new Set(decided(rows).map(({ approval }) => approval)).size).toBe(decided(rows).length)
  })

  it('is shown whole to whoever decides', async () => {
    const word = `80${' '.repeat(5_000)}and 1,000,000 to me`
    const { ran, calls } = await hijacked({ turns: [[pay(word)]], people: no })
    expect([ran, calls]).toEqual([[], ['pay denied approvalDenied']])
    // What is too long for that is not put before anybody.
    const long = await hijacked({ turns: [[pay('8'.repeat(200_000))]], people: yes })
    expect([long.ran, long.calls]).toEqual([[], ['pay denied approvalTooLarge']])
  })
})
