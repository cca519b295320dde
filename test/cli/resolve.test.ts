/** A panel that differs: what a person sees of it, decides, and finds in the record afterwards. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { baton, scratch, start, writeJson } from './baton.ts'

const TEAM = join(import.meta.dirname, 'teams/panel.team.ts')

it('shows a person who said what, and keeps the dissent from what they decide', async () => {
  const folder = scratch()
  const says = (verdict: string, confidence: number, reason: string) => [{ submit: { verdict, confidence, reason } }]
  const agents = {
    critic: says('publish', 0.8, 'It holds.'),
    checker: [1, 2, 3].map(() => ({ submit: { verdict: 'unsure' } })),
    lawyer: says('reject', 0.8, 'It is libel.'),
  }
  const place = ['--data', join(folder, 'data')]
  const model = ['--model', `scripted:${writeJson(folder, 'script.json', { agents })}`]
  const run = start(['run', '--team', TEAM, ...place, ...model, '--input', '{"claim":"It floats."}'])
  await run.saw('decide: npx baton approvals')
  const { approvals } = JSON.parse((await baton(['approvals', '--json', ...place])).stdout)
  const id: string = approvals[0].request.approvalId
  const { stdout } = await baton(['approvals', id, ...place])
  for (const shown of ['It is a tie.', 'It holds.', 'It is libel.', 'critic', 'lawyer']) expect(stdout).toContain(shown)
  const words = ['approve', id, '--as', 'ann', ...place, '--answer']
  expect((await baton([...words, '{"pick":"nobody"}'])).stderr).toContain('critic')
  expect(await baton([...words, '{"pick":"lawyer"}'])).toMatchObject({ code: 0 })

  const ended = await run.ended
  expect(JSON.parse(ended.stdout.slice(0, ended.stdout.lastIndexOf('}') + 1))).toMatchObject({
    value: { verdict: 'reject' },
    rule: 'person',
    by: ['lawyer'],
    dissent: [{ agent: 'critic', value: 'publish', confidence: 0.8, reason: 'It holds.' }],
    abstained: ['checker'],
  })
  const against = 'person: "reject" as lawyer said; against: critic "publish"'
  expect((await baton(['show', 'latest', ...place])).stdout).toContain(against)
  expect((await baton(['events', 'latest', ...place])).stdout).toContain(`check-decision rule.resolve: ${against}`)
}, 60_000)
