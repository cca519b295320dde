import { expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { from, sequence, step } from '../../../src/define/patterns.ts'
import { person } from '../../../src/define/people.ts'
import { defineTeam } from '../../../src/define/team.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import { runInMemory } from '../../../src/testing/run-in-memory.ts'
import { scriptedModel } from '../../../src/testing/scripted-model.ts'

const Word = z.strictObject({ word: z.string() })
const echo = defineAgent({
  ...{ name: 'echo', version: '1.0.0', role: 'r', goal: 'g', instructions: 'i', model: { id: 'm' } },
  input: Word,
  output: Word,
})
const ask = defineWorkflow({
  name: 'ask',
  version: '1.0.0',
  input: Word,
  output: Word,
  steps: ({ run }) => {
    const answer = person('answer', { role: 'poet', input: run.input, output: Word })
    return sequence(answer, step('echo', echo, { input: from(answer) }))
  },
})
const team = defineTeam({ name: 'poets', agents: [echo], workflows: [ask], roles: { poet: ['local:anna'] } })
const model = () => scriptedModel({ echo: [{ submit: { word: 'thorn' } }] })

it('lets people answer, as somebody who holds the role', async () => {
  const asked: string[] = []
  const { output, run, audit, effects } = await runInMemory(team, {
    model: model(),
    input: { word: 'rose' },
    people: ({ request, roles }) => {
      asked.push(`${request.kind} ${roles.join()} ${JSON.stringify(request.subject)}`)
      return { decision: 'approve', answer: { word: 'thorn' } }
    },
  })
  expect(run.status).toBe('succeeded')
  expect(effects).toEqual([])
  const decided = audit.rows.find(({ rule }) => rule === 'approval.approved')
  expect(audit.bodies?.[decided?.bodySha256 ?? '']).toMatchObject({ by: ['local:anna'] })
  expect(output).toEqual({ word: 'thorn' })
  expect(asked).toEqual(['person poet {"word":"rose"}'])
})

it('ends at once where what is said cannot count', async () => {
  const said = { decision: 'approve', answer: { word: 'thorn' }, by: 'local:bert' } as const
  const ended = runInMemory(team, { model: model(), input: { word: 'rose' }, people: () => said })
  await expect(ended).rejects.toMatchObject({ name: 'Forbidden' })
})
