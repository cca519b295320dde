/** What a step has read goes with what it gives, and a tool that does not take it is held back: until somebody says yes, or for good. */
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import type { ApprovalView } from '../../../src/api/approvals.ts'
import { defineAgent } from '../../../src/define/agent.ts'
import { from, sequence, step } from '../../../src/define/patterns.ts'
import { stateKey } from '../../../src/define/state.ts'
import { writeState } from '../../../src/define/state-nodes.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineTool } from '../../../src/define/tool.ts'
import type { PolicyRule, ToolPolicy } from '../../../src/define/tool-policy.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { runInMemory } from '../../../src/testing/run-in-memory.ts'
import { scriptedModel } from '../../../src/testing/scripted-model.ts'

const common = { version: '1.0.0', role: 'Agent', goal: 'Works.', instructions: 'Work.', model: { id: 'any' } }
const Word = z.strictObject({ word: z.string() })
const notes = stateKey(z.array(z.string()), { reducer: 'append' })
const tool = (
  name: string,
  policy: ToolPolicy<{ word: string }> & { untrusted?: boolean; effect?: 'read' | 'keyed' },
) => defineTool({ name, description: name, input: Word, output: Word, ...policy, run: async (input) => input })
const ledger = tool('ledger', { effect: 'read', gives: ['private'] })
const web = tool('web', { effect: 'read', untrusted: true })
const use = (name: string, word = 'x') => ({ toolUses: [{ name, input: { word } }] })
const done = { submit: { word: 'done' } }

interface Played {
  readonly policy?: ToolPolicy<{ word: string }>
  readonly permissions?: Readonly<Record<string, readonly PolicyRule<never>[]>>
  readonly first?: readonly (typeof done | ReturnType<typeof use>)[]
  readonly second?: readonly (typeof done | ReturnType<typeof use>)[]
  readonly says?: 'approve' | 'deny'
  readonly edited?: { word: string }
}

/** A reader, then a sender that is given what the reader has said; and what was said is written down for all. */
async function play({
  policy = {},
  permissions,
  first = [use('ledger'), done],
  second = [use('post'), done],
  says,
  edited,
}: Played) {
  const post = tool('post', { effect: 'keyed', outward: true, ...policy })
  const reader = defineAgent({ ...common, name: 'reader', input: Word, output: Word, tools: [ledger, web] })
  const sender = defineAgent({
    ...{ ...common, name: 'sender', input: Word, output: Word, tools: [post], state: { reads: { notes } } },
    ...(permissions && { permissions }),
  })
  const main = defineWorkflow({
    ...{ name: 'main', version: '1.0.0', input: Word, output: Word, state: { notes } },
    steps: ({ run }) => {
      const read = step('read', reader, { input: run.input as never })
      const kept = writeState('keep', { notes }, { notes: [from(read).word] as never })
      return sequence(read, kept, step('send', sender, { input: from(read) as never }))
    },
  })
  const asked: string[] = []
  const team = defineTeam({ name: 'team', agents: [reader, sender], workflows: [main] })
  const { audit, run, effects } = await runInMemory(team, {
    ...{ model: scriptedModel({ reader: first, sender: second } as never), input: { word: 'go' } },
    ...(says && {
      people: ({ request }: ApprovalView) => {
        asked.push(request.summary)
        return { decision: says, ...(edited && { edited }) }
      },
    }),
  })
  const rows = audit.rows.filter(({ tool: called }) => called?.name === 'post')
  const labels = Object.fromEntries(
    audit.rows.filter(({ event }) => event === 'outcome').map((row) => [row.stepId, row.labels]),
  )
  const seen = audit.rows
    .filter(({ tool: called }) => called?.name === 'read_state')
    .map(({ bodySha256 = '' }) => audit.bodies?.[bodySha256])
  return {
    ...{ status: run.status, posted: effects.length, labels, seen, asked },
    rows: rows.map(({ status, rule, policyVersion }) => ({
      status,
      rule,
      isUnderPolicy: policyVersion === post.sha256,
    })),
    ...{ reasons: rows.map(({ reason }) => reason ?? ''), post },
  }
}

describe('a tool that does not take what was read', () => {
  it('is denied where it says so, with a row that says why', async () => {
    const played = await play({ policy: { takes: { labels: [], otherwise: 'deny' } } })
    expect(played).toMatchObject({ status: 'succeeded', posted: 0 })
    expect(played.rows).toEqual([{ status: 'denied', rule: 'sink', isUnderPolicy: true }])
    expect(played.reasons[0]).toContain('takes no data that is private or untrusted')
  })

  it.each([
    ['approve', 1, 'ok', 'sink'],
    ['deny', 0, 'denied', 'approvalDenied'],
  ] as const)('is put before a person: %s', async (says, posted, status, rule) => {
    const played = await play({ policy: { takes: { labels: ['untrusted'] } }, says })
    expect(played).toMatchObject({ status: 'succeeded', posted, rows: [{ status, rule, isUnderPolicy: true }] })
    expect(played.asked).toEqual([expect.stringContaining('(post takes no data that is private,')])
  })

  it('is called where it takes all of it', async () => {
    const played = await play({ policy: { takes: { labels: ['private', 'untrusted'], otherwise: 'deny' } } })
    expect(played).toMatchObject({ posted: 1, rows: [{ status: 'ok', rule: undefined, isUnderPolicy: true }] })
  })
})

describe('labels', () => {
  it('of what a step has read are in its outcome, and come with what it hands on', async () => {
    const { labels } = await play({})
    // The second could be given what the first may read; the first has read no more than it did.
    expect(labels).toMatchObject({ read: ['private'], send: ['private', 'untrusted'] })
  })

  it('of a value that a workflow writes are read with it', async () => {
    const look = { toolUses: [{ name: 'read_state', input: { key: 'notes' } }] }
    const { seen } = await play({ second: [look as never, done] })
    expect(seen).toMatchObject([{ output: { value: ['done'], untrusted: true, labels: ['private'] } }])
  })
})

describe('a rule for arguments', () => {
  const short = { name: 'short', description: 'One letter.', allows: ({ word }: { word: string }) => word.length === 1 }

  it.each([
    ['of the tool', { policy: { policy: [short] } }],
    ['of the agent', { permissions: { post: [short] } }],
  ])('%s refuses what it does not allow, before anything runs', async (_, rules) => {
    const played = await play({ ...rules, second: [use('post', 'long'), use('post', 'a'), done] })
    expect(played.rows.map(({ status, rule }) => [status, rule])).toEqual([
      ['denied', 'policy.short'],
      ['ok', undefined],
    ])
    expect(played).toMatchObject({ posted: 1, status: 'succeeded' })
    expect(played.reasons[0]).toContain('One letter.')
  })

  it('is held against what a person changed, too', async () => {
    const policy = { policy: [short], takes: { labels: [] } }
    const played = await play({ policy, says: 'approve', edited: { word: 'long' } })
    expect(played).toMatchObject({ posted: 0, rows: [{ status: 'denied', rule: 'policy.short' }] })
  })
})
