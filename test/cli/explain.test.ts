import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { baton, scratch, writeJson } from './baton.ts'

const TEAM = join(import.meta.dirname, '../../examples/customer-service/team.ts')

it('explains a run, one decision of it, and says where there is none', async () => {
  const folder = scratch()
  const place = ['--data', join(folder, 'data')]
  const desk = ['--desk', join(folder, 'desk.db')]
  await baton(['run', '--team', TEAM, '--input', '{"ticket":"T-1039"}', ...desk, ...place])
  const listed = await baton(['explain', 'latest', ...place])
  expect(listed.code).toBe(0)
  expect(listed.stdout).toMatch(/^run \S+ {2}succeeded$/m)
  expect(listed.stdout).toMatch(/^\d+ +\S+ +pay +cashier@1\.0\.0 +refund_order: ok +declared$/m)
  expect(listed.stdout).toContain('2 of 2 effects explained')
  const json = JSON.parse((await baton(['explain', 'latest', '--json', ...place])).stdout)
  expect(json).toMatchObject({ status: 'succeeded', totals: { effects: 2, unexplained: [] } })
  const { number } = json.decisions.find((one: { what: string }) => one.what === 'refund_order: ok')
  const one = await baton(['explain', 'latest', '--decision', String(number), '--content', ...place])
  expect(one.stdout).toMatch(/^tool +refund_order, effect \w+, call [0-9a-f]{64}$/m)
  expect(one.stdout).toContain('"status": "ok"')
  const checks = writeJson(folder, 'checks.json', {
    triage: { contains: { desk: 'support' } },
    claim: { type: 'object' },
  })
  const blamed = await baton(['explain', 'latest', '--checks', checks, ...place])
  expect(blamed.stdout).toContain('triage turned right into wrong: it does not contain {"desk":"support"}')
  expect(blamed.stdout).toMatch(/^ {2}by {4}triage@1\.0\.0 \(sha256:[0-9a-f]{12}\), attempt 1\n {2}from {2}input \(/m)
  const picture = join(folder, 'data.svg')
  expect((await baton(['explain', 'latest', '--lineage', picture, ...place])).stdout).toMatch(/\d+ nodes, \d+ edges/)
  expect(readFileSync(picture, 'utf8')).toMatch(/refund_order[\s\S]*<\/svg>/)
  const none = await baton(['explain', 'latest', '--decision', '999', ...place])
  expect([none.code, none.stderr]).toEqual([2, expect.stringContaining('has no decision "999"')])
})

it('explains a run that failed', async () => {
  const folder = scratch()
  const place = ['--data', join(folder, 'data')]
  const script = writeJson(folder, 'script.json', { agents: { triage: [{ repeat: true, fail: 'rejected' }] } })
  const words = ['--model', `scripted:${script}`, '--input', '{"ticket":"T-1039"}', '--desk', join(folder, 'desk.db')]
  expect((await baton(['run', '--team', TEAM, ...words, ...place])).code).toBe(1)
  const { stdout, code } = await baton(['explain', 'latest', ...place])
  expect(code).toBe(0)
  expect(stdout).toMatch(/^\d+ +\S+ +triage +triage@1\.0\.0 +the step ended: modelRejected +modelRejected: /m)
  expect(stdout).toMatch(/ the run ended: failed /)
})
