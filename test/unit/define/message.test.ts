import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineMessage, type MessageEdges } from '../../../src/define/message.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineTool } from '../../../src/define/tool.ts'
import { InvalidDefinition, type Issue } from '../../../src/errors.ts'
import { testAgent } from '../agent/harness.ts'

const Request = defineMessage({
  name: 'reviewRequest',
  description: 'Asks for a review of a file.',
  body: z.strictObject({ file: z.string() }),
})
const Verdict = defineMessage({ name: 'verdict', description: 'What a review found.', body: z.string() })

const agent = (name: string, edges: { sends?: MessageEdges; receives?: MessageEdges } = {}) =>
  testAgent({ name, ...edges })

function issuesOf(work: () => unknown): readonly Issue[] {
  try {
    work()
  } catch (error) {
    if (error instanceof InvalidDefinition) return error.issues
    throw error
  }
  return []
}

const teamOf = (...agents: ReturnType<typeof agent>[]) =>
  issuesOf(() => defineTeam({ name: 't', agents, workflows: [] }))

describe('defineMessage', () => {
  it('has a hash of its name, its description and its form', () => {
    const same = { name: 'verdict', description: 'What a review found.', body: z.string() }
    expect(defineMessage(same).sha256).toBe(Verdict.sha256)
    expect(defineMessage({ ...same, body: z.string().max(9) }).sha256).not.toBe(Verdict.sha256)
  })

  it('says what is wrong, where, and what to do about it', () => {
    expect(issuesOf(() => defineMessage({ name: 'A b', description: '', body: z.any() }))).toMatchObject([
      { path: 'name', remedy: expect.any(String) },
      { path: 'description', remedy: expect.any(String) },
    ])
    expect(issuesOf(() => defineMessage({ name: 'a', description: 'b', body: z.any() }))).toMatchObject([
      { path: 'body', message: expect.stringContaining('without a body') },
    ])
    expect(issuesOf(() => defineMessage({ name: 'a', description: 'b', body: z.date() }))).toMatchObject([
      { path: 'body' },
    ])
  })
})

describe('an agent with messages', () => {
  it('has another hash by its edges, and its old one without them', () => {
    const [plain, sends, other] = [
      agent('a'),
      agent('a', { sends: { b: [Request] } }),
      agent('a', { sends: { c: [Request] } }),
    ]
    expect(new Set([plain, sends, other].map(({ sha256 }) => sha256)).size).toBe(3)
    expect(agent('a', {}).sha256).toBe(plain.sha256)
  })

  it('keeps the names of the two tools to itself', () => {
    const tool = defineTool({
      ...{ name: 'send_message', description: 'x', input: z.object({}), output: z.string() },
      run: async () => '',
    })
    expect(issuesOf(() => testAgent({ tools: [tool] }))).toMatchObject([
      { path: 'tools', message: expect.stringContaining('reserved') },
    ])
  })

  it('is refused with edges that lead nowhere, or two types of one name', () => {
    expect(issuesOf(() => agent('a', { sends: {} }))).toMatchObject([{ path: 'sends' }])
    expect(issuesOf(() => agent('a', { sends: { b: [{} as never] } }))).toMatchObject([{ path: 'sends.b.0' }])
    const other = defineMessage({ name: 'verdict', description: 'Another.', body: z.number() })
    expect(issuesOf(() => agent('a', { sends: { b: [Verdict], c: [other] } }))).toMatchObject([
      { path: 'sends', message: expect.stringContaining('same name') },
    ])
  })
})

describe('a team with messages', () => {
  const writer = agent('writer', { sends: { reviewer: [Request] }, receives: { reviewer: [Verdict] } })

  it('takes agents that fit', () => {
    const reviewer = agent('reviewer', { sends: { writer: [Verdict] }, receives: { writer: [Request] } })
    expect(teamOf(writer, reviewer)).toEqual([])
  })

  it('refuses an edge to an agent that it does not have', () => {
    expect(teamOf(writer)).toEqual([
      {
        path: 'agents.writer.sends.reviewer',
        message: 'unknown agent "reviewer"',
        remedy: expect.stringContaining('add it to the team'),
      },
      { path: 'agents.writer.receives.reviewer', message: 'unknown agent "reviewer"', remedy: expect.any(String) },
    ])
  })

  it('refuses a type that its receiver does not take, or takes in another form', () => {
    expect(teamOf(writer, agent('reviewer'))).toEqual([
      {
        path: 'agents.writer.sends.reviewer.reviewRequest',
        message: '"reviewer" takes no message "reviewRequest" from "writer"',
        remedy: expect.stringContaining('receives: { writer: [ … ] }'),
      },
    ])
    const other = defineMessage({ name: 'reviewRequest', description: 'Another.', body: z.number() })
    expect(teamOf(writer, agent('reviewer', { receives: { writer: [other] } }))).toMatchObject([
      { path: 'agents.writer.sends.reviewer.reviewRequest', message: expect.stringContaining('another message') },
    ])
  })
})
