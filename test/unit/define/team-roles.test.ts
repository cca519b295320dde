import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { step } from '../../../src/define/patterns.ts'
import { approve } from '../../../src/define/people.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { holdsRole } from '../../../src/define/team-roles.ts'
import { defineTool } from '../../../src/define/tool.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { common } from './agents.ts'

const shape = { ...common, role: 'Role', input: z.unknown(), output: z.object({ done: z.boolean() }) }
const tool = (role: string) =>
  defineTool({
    name: 'pay',
    description: 'Pays.',
    input: z.object({}),
    output: z.unknown(),
    approval: { when: 'always', role },
    run: async () => null,
  })
const paying = defineAgent({ ...shape, name: 'payer', tools: [tool('treasurer')] })
const asking = defineAgent({ ...shape, name: 'asker', asks: true, oversight: { role: 'boss' } })
const idle = defineAgent({ ...shape, name: 'idler' })
const flow = defineWorkflow({
  name: 'flow',
  version: '1.0.0',
  input: z.unknown(),
  output: z.unknown(),
  steps: () => approve('publish', { role: 'editor', escalate: [{ afterSeconds: 60, role: 'chief' }] }),
})
const plain = defineWorkflow({
  name: 'plain',
  version: '1.0.0',
  input: z.unknown(),
  output: shape.output,
  steps: () => step('pay', paying),
})

describe('a team', () => {
  it.each([
    ['agents.payer.tools.pay.approval', 'treasurer', { agents: [paying], workflows: [plain] }],
    ['agents.asker.oversight', 'boss', { agents: [asking], workflows: [] }],
    ['workflows.flow.steps.publish', 'editor', { agents: [idle], workflows: [flow] }],
    ['workflows.flow.steps.publish', 'chief', { agents: [idle], workflows: [flow] }],
  ])('must have the role that is asked for at %s: %s', (path, role, parts) => {
    const message = `${path}: it asks for the role ${role}, which the team does not have`
    expect(() => defineTeam({ name: 'office', ...parts })).toThrow(message)
  })

  it('knows who holds its roles', () => {
    const roles = { editor: ['local:anna'], chief: ['local:bert'] }
    expect(defineTeam({ name: 'office', agents: [idle], workflows: [flow], roles }).roles).toEqual(roles)
  })

  it.each([[['anna']], [['*']], [['local:*']], [['arn:aws:sts::1:assumed-role/*/x']], [[]]])(
    'takes no %j for those who hold a role',
    (editor) => {
      expect(() => defineTeam({ name: 'office', agents: [idle], workflows: [], roles: { editor } })).toThrow(
        /roles\.editor/,
      )
    },
  )

  it('is another one with other roles', () => {
    const parts = { name: 'office', agents: [idle], workflows: [] }
    expect(defineTeam({ ...parts, roles: { editor: ['local:anna'] } }).sha256).not.toBe(defineTeam(parts).sha256)
  })
})

it.each([
  ['local:anna', ['local:anna'], true],
  ['local:anna', ['local:ann*'], true],
  ['local:anna', ['local:ann'], false],
  ['local:ann', ['local:anna'], false],
  ['arn:aws:sts::1:assumed-role/Editors/x', ['local:anna', 'arn:aws:sts::1:assumed-role/Editors/*'], true],
  ['arn:aws:sts::1:assumed-role/Editors2/x', ['arn:aws:sts::1:assumed-role/Editors/*'], false],
])('%s and %j: %j', (principal, principals, holds) => {
  expect(holdsRole(principal, principals)).toBe(holds)
})
