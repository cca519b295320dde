/** `baton run --budget`, `baton budget`, `--raise` and `baton resume`, here and over HTTP. */
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { BudgetView } from '../../src/schema/budget.ts'
import { QUICK } from '../unit/api/http/bench.ts'
import { serveApp } from '../unit/cli/remote/served.ts'
import { baton, scratch, WORK_TEAM } from './baton.ts'
import { RENDERED, workScript } from './scripts.ts'

it('stops a run at its budget, tells where it went, raises it, and goes on from there', async () => {
  const folder = scratch()
  const model = workScript(folder, { topics: 3 })
  const data = join(folder, 'data')
  const words = ['--team', WORK_TEAM, '--model', model, '--data', data]
  const log = ['--log', join(folder, 'log.txt')]
  const stopped = await baton(['run', ...words, ...log, '--budget', 'turns=3', 'q'])
  expect(stopped).toMatchObject({ code: 1 })
  expect(stopped.stderr).toContain('The budget of the run is used up: of turns 3, 0 is left')
  expect(stopped.stderr).toContain('--raise')
  expect(stopped.stderr).toMatch(/kept {2}what \d finished steps? gave: plan/)

  const told = await baton(['budget', 'latest', '--data', data])
  expect(told.stdout).toMatch(/turns +3 limit, 3 spent, 0 left/)
  expect(told.stdout).toContain("worst case by the agents' limits")
  expect(await baton(['budget', 'latest', '--data', data, '--raise', 'turns=2'])).toMatchObject({ code: 2 })
  expect((await baton(['budget', 'latest', '--data', data, '--raise', 'tokens=2'])).stderr).toContain('has no limit')

  for (const _ of ['once', 'again']) {
    const raised = await baton(['budget', 'latest', '--data', data, '--raise', 'turns=40', '--json'])
    const { run } = JSON.parse(raised.stdout) as BudgetView
    expect(run).toMatchObject({ limit: { turns: 40 }, spent: { turns: 3 }, left: { turns: 37 } })
  }
  expect(await baton(['resume', 'latest', '--data', data, '--model', model])).toMatchObject({
    code: 0,
    stdout: RENDERED,
  })
  const { run, steps } = JSON.parse((await baton(['budget', 'latest', '--data', data, '--json'])).stdout) as BudgetView
  expect(run.spent.turns).toBe(steps.reduce((sum, { spent }) => sum + spent.turns, 0))
  expect(run.left.turns).toBe(40 - run.spent.turns)
  expect((await baton(['budget', 'latest', '--data', data, '--raise', 'turns=41'])).code).toBe(4)
}, 60_000)

it('shows what a run without a budget has used, and raises one, over HTTP too', async () => {
  const { url } = await serveApp(QUICK)
  await baton(['run', 'q', '--endpoint', url])
  const free = await baton(['budget', 'latest', '--endpoint', url])
  expect(free.stdout).toContain('(no budget of its own)')
  expect(free.stdout).toMatch(/turns +\d+ spent/)
  expect((await baton(['budget', 'latest', '--endpoint', url, '--raise', '5'])).stderr).toContain('without a budget')
  await baton(['run', 'q', '--endpoint', url, '--budget', 'turns=2'])
  const raised = await baton(['budget', 'latest', '--endpoint', url, '--raise', 'turns=30', '--json'])
  expect((JSON.parse(raised.stdout) as BudgetView).run).toMatchObject({ limit: { turns: 30 }, spent: { turns: 2 } })
}, 60_000)
