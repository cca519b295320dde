import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { chooseModel, type Model } from 'baton/host'
import { type PersonSays, runInMemory, type Script, scriptedModel } from 'baton/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Answer } from './answer.ts'
import type { Order } from './desk.ts'
import { faultsOf, standardLetter } from './letters.ts'
import { decideRefund } from './policy.ts'
import team from './team.ts'
import { guess, LANGUAGES } from './words.ts'

let folder: string
let runs = 0
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'baton-desk-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

type People = (asked: { readonly node: string | undefined; readonly subject: unknown }) => PersonSays | undefined

async function answer(ticket: string, { people, model }: { people?: People; model?: Model } = {}) {
  const asked: string[] = []
  const { run, output, steps } = await runInMemory(team, {
    model: model ?? (await chooseModel('offline')).model,
    input: { ticket },
    settings: { desk: join(folder, 'desk.db') },
    runId: `run-${++runs}`,
    people: ({ node, request }) => {
      asked.push(`${node?.name ?? 'refund'}: ${JSON.stringify(request.subject)}`)
      return people?.({ node: node?.name, subject: request.subject }) ?? { decision: 'deny' }
    },
  })
  return { run, answer: run.status === 'succeeded' ? Answer.parse(output) : undefined, asked, steps }
}

function rowsOf(table: 'refunds' | 'letters'): Record<string, unknown>[] {
  const database = new DatabaseSync(join(folder, 'desk.db'), { readOnly: true })
  try {
    return database.prepare(`SELECT * FROM ${table} ORDER BY 1`).all()
  } finally {
    database.close()
  }
}

describe('a mail, offline', () => {
  it('is answered from the knowledge base, with what stands there', async () => {
    const { answer: ended, run } = await answer('T-1024')
    expect(run.error).toBeUndefined()
    expect(ended).toMatchObject({ desk: 'support', by: 'team', sources: [{ file: 'gift-cards.md', startLine: 3 }] })
    const [letter] = rowsOf('letters')
    expect(letter).toMatchObject({ ticket: 'T-1024', recipient: 'lena.fischer@example.org' })
    expect(letter?.['letter']).toContain('> A gift card is good for three years')
  })

  it('gets a refund that the policy grants, once, and in its language', async () => {
    const { answer: ended, asked } = await answer('T-1039')
    expect(ended).toMatchObject({ refunded: { order: 'F-5022', cents: 2390 }, by: 'team' })
    expect(asked).toEqual([])
    const again = await answer('T-1039')
    expect(again.answer).toMatchObject({ refund: { decision: 'refuse', why: 'refunded already' }, refunded: null })
    expect(rowsOf('refunds')).toHaveLength(1)
    expect(rowsOf('letters')).toHaveLength(1)
  })

  it('waits for a person where the sum is above the limit', async () => {
    const { answer: ended, asked } = await answer('T-1002', { people: () => ({ decision: 'approve' }) })
    expect(asked).toEqual(['refund: {"order":"F-5002","cents":28900}'])
    expect(ended).toMatchObject({ language: 'fr', refunded: { cents: 28900 } })
    expect(ended?.letter).toContain('remboursé €289.00')
  })

  it('refunds nothing that a person denies, and does not say it did', async () => {
    const { answer: ended } = await answer('T-1002', { people: () => ({ decision: 'deny' }) })
    expect(ended?.refunded).toBeNull()
    expect(ended?.letter).not.toContain('289')
    expect(rowsOf('refunds')).toEqual([])
  })

  it('goes to a person where law, press or injuries are spoken of', async () => {
    const letter = 'Dear customer, I am sorry to hear this and will call you today.'
    const people: People = () => ({ decision: 'approve', answer: { letter } })
    const { answer: ended, asked, steps } = await answer('T-1006', { people })
    expect(asked[0]).toMatch(/^colleague: .*exploded/)
    expect(ended).toMatchObject({ by: 'person', letter, refunded: null })
    expect(steps.map(({ stepId }) => stepId)).not.toContain('drafts=1/write')
    expect(rowsOf('letters')).toHaveLength(1)
  })

  it('is left to people where the knowledge base has nothing and nobody answers', async () => {
    const { answer: ended } = await answer('T-1014')
    expect(ended).toMatchObject({ by: 'nobody', letter: null })
    expect(existsSync(join(folder, 'desk.db'))).toBe(false)
  })

  it('cannot order anything: whose order it is and what was paid count', async () => {
    const foreign = await answer('T-1021')
    expect(foreign.answer).toMatchObject({ refund: { decision: 'ask' }, refunded: null })
    const injected = await answer('T-1038')
    expect(injected.asked).toEqual(['refund: {"order":"F-5016","cents":28900}'])
    expect(rowsOf('refunds')).toEqual([])
  })
})

describe('what a model says', () => {
  it('is repaired by the judge of tone, within bounds, and goes to a person after that', async () => {
    const rude = { submit: { letter: 'Hello, OBVIOUSLY THIS IS YOUR OWN FAULT!!!', sources: [] } } as never
    const asked: string[] = []
    const model = await scripted({ writer: [{ turn: 1, repeat: true, ...(rude as object) } as never] })
    const { answer: ended, steps } = await answer('T-1013', {
      model,
      people: ({ subject }) => {
        asked.push(JSON.stringify(subject))
        return { decision: 'approve', answer: { letter: 'Hello, we will look into it at once. Kind regards' } }
      },
    })
    expect(steps.filter(({ stepId }) => stepId.endsWith('/judge'))).toHaveLength(3)
    expect(asked[0]).toContain('do not shout')
    expect(ended).toMatchObject({ by: 'person' })
  })

  it('grants no cent more than the policy', async () => {
    const refund = { decision: 'refund', order: 'F-5008', cents: 7900, reason: 'changed-mind', why: 'returned in time' }
    const model = await scripted({ 'billing-clerk': [{ turn: 1, repeat: true, submit: { refund } } as never] })
    const { run } = await answer('T-1008', { model })
    expect(run).toMatchObject({ status: 'failed', error: { stepId: 'claim' } })
    expect(rowsOf('refunds')).toEqual([])
  })
})

it('answers many side by side', async () => {
  const tickets = ['T-1001', 'T-1013', 'T-9999']
  const { output } = await runInMemory(team, {
    model: (await chooseModel('offline')).model,
    workflow: 'inbox',
    input: { tickets },
    settings: { desk: join(folder, 'desk.db') },
    runId: 'run-inbox',
  })
  expect(output).toMatchObject([{ refunded: { cents: 3990 } }, { desk: 'support' }, null])
})

describe('the rules', () => {
  const order: Order = {
    order: 'F-1',
    day: '2026-03-01',
    item: 'Lamp',
    cents: 5000,
    delivered: '2026-03-05',
    isFinalSale: false,
    isRefunded: false,
  }
  const lost = { ...order, delivered: null }
  it.each([
    [order, 'changed-mind', '2026-04-04', 'refund', 'returned in time'],
    [order, 'changed-mind', '2026-04-05', 'refuse', 'older than 30 days'],
    [{ ...order, isFinalSale: true }, 'changed-mind', '2026-03-10', 'refuse', 'final sale'],
    [{ ...order, isFinalSale: true }, 'faulty', '2026-03-10', 'refund', 'faulty'],
    [order, 'faulty', '2028-03-10', 'refuse', 'older than two years'],
    [order, 'not-delivered', '2026-03-20', 'refuse', 'delivered'],
    [lost, 'not-delivered', '2026-03-14', 'refuse', 'still under way'],
    [lost, 'not-delivered', '2026-03-15', 'refund', 'lost'],
    [order, 'charged-twice', '2026-03-10', 'refuse', 'second charge'],
    [{ ...order, isRefunded: true }, 'faulty', '2026-03-10', 'refuse', 'refunded already'],
    [undefined, 'faulty', '2026-03-10', 'ask', 'order unknown'],
  ] as const)('%#: %o, %s', (given, reason, today, decision, why) => {
    expect(decideRefund(given, reason, today)).toMatchObject({ decision, why, cents: decision === 'refund' ? 5000 : 0 })
  })

  it.each(LANGUAGES)('the standard letters have a fine tone: %s', (language) => {
    const refund = decideRefund(order, 'faulty', '2026-03-10')
    const paid = { order: 'F-1', cents: 5000 }
    const asked = decideRefund(undefined, 'faulty', '2026-03-10')
    for (const [claim, refunded] of [
      [null, null] as const,
      [refund, paid] as const,
      [refund, null] as const,
      [asked, null] as const,
    ]) {
      expect(faultsOf(standardLetter(language, claim, refunded), language, refunded)).toEqual([])
    }
  })

  it('sort most of the tickets by words alone', () => {
    const tickets = JSON.parse(readFileSync(join(import.meta.dirname, 'data/tickets.json'), 'utf8')) as never[]
    const desks = tickets.map((mail) => guess(mail).desk)
    expect(desks.filter((desk) => desk === 'person')).toHaveLength(4)
    expect(desks.filter((desk) => desk === 'billing').length).toBeGreaterThan(15)
    expect(desks).toHaveLength(40)
  })
})

/** Scripted agents, the others offline. */
async function scripted(script: Script): Promise<Model> {
  const [{ model: offline }, model] = [await chooseModel('offline'), scriptedModel(script)]
  return { ...offline, call: (request, options) => (options.agent in script ? model : offline).call(request, options) }
}
