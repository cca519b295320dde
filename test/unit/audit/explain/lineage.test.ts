import { describe, expect, it } from 'vitest'
import { declaredFlow } from '../../../../src/audit/explain/declared-flow.ts'
import { RUN_INPUT, RUN_OUTPUT } from '../../../../src/audit/explain/flow.ts'
import { lineageOf } from '../../../../src/audit/explain/lineage.ts'
import work from '../../../cli/teams/work.team.ts'
import { researchRun, serviceRun, teams } from './example-runs.ts'

const workflowOf = (team: typeof teams.research, name: string) => team.workflows.find((one) => one.name === name)

describe('of research', () => {
  const ROUND = 'research-rounds=1'

  it('leads from documents by way of tools and steps to the output, each item by itself', async () => {
    const { audit, run } = await researchRun()
    const workflow = workflowOf(teams.research, 'research')
    const { nodes, edges } = lineageOf(audit, { team: teams.research, workflow, input: run.input })
    const into = (id: string) => edges.filter(({ to }) => to === id).map(({ from, how }) => `${from} ${how}`)
    const sources = nodes.filter(({ kind }) => kind === 'source')
    expect(sources.map(({ label }) => label.replace(/^.*\//, '')).sort()).toEqual(['queues.md', 'tables.md'])
    for (const { hashes } of sources) expect(hashes).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)])
    expect(into(RUN_OUTPUT)).toEqual(['research-report declared'])
    expect(into('research-report')).toContain('research-close declared')
    const [first, second] = [0, 1].map((item) => `${ROUND}/research-work:${item}/research-do-investigate`)
    expect(into(`${first}/review`)).toContain(`${first}/research declared`)
    expect(into(`${first}/review`)).not.toContain(`${second}/research declared`)
    expect(into(`${ROUND}/research-settle`)).toEqual(expect.arrayContaining([`${second}/review declared`]))
    const known = new Set(nodes.map(({ id }) => id))
    expect(edges.filter(({ from, to }) => !known.has(from) || !known.has(to))).toEqual([])
    expect(reachable(edges, sources[0]?.id ?? '')).toContain(RUN_OUTPUT)
    expect(reachable(edges, RUN_INPUT)).toContain(RUN_OUTPUT)
  })

  it('leads there, too, without the workflow', async () => {
    const { audit } = await researchRun()
    const { edges, nodes } = lineageOf(audit)
    const source = nodes.find(({ kind }) => kind === 'source')
    expect(edges.some(({ how }) => how === 'declared')).toBe(false)
    expect(reachable(edges, source?.id ?? '')).toContain(RUN_OUTPUT)
  })
})

function reachable(edges: readonly { readonly from: string; readonly to: string }[], start: string): Set<string> {
  const seen = new Set([start])
  for (const id of seen) for (const edge of edges) if (edge.from === id) seen.add(edge.to)
  return seen
}

it('marks what strangers wrote, and where a step changed something', async () => {
  const { audit } = await serviceRun('approve')
  const { nodes, edges } = lineageOf(audit, { team: teams.service })
  expect(nodes.find(({ label }) => label === 'ticket:T-1002')).toMatchObject({ kind: 'source', labels: ['untrusted'] })
  const refund = nodes.find(({ label }) => label === 'refund_order')
  expect(refund).toMatchObject({ kind: 'effect', calls: 1 })
  expect(edges).toContainEqual({ from: 'pay', to: refund?.id, how: 'effect' })
})

describe('by the references of a workflow', () => {
  function flowsInto(team: typeof teams.research, name: string, ids: readonly string[]) {
    const workflow = workflowOf(team, name)
    if (workflow === undefined) throw new TypeError(`there is no workflow ${name}`)
    const flows = declaredFlow(workflow, ids)
    return (id: string) => flows.filter(({ to }) => to === id).map(({ from }) => from)
  }

  it('goes into items and child workflows, and out of branches', () => {
    const ids = ['plan', 'wide:0/one', 'wide:1/one', 'child/inner', 'right', 'report']
    const into = flowsInto(work, 'long', ids)
    expect(into('plan')).toEqual([RUN_INPUT])
    expect(into('wide:1/one')).toEqual(['plan'])
    expect(into('report')).toEqual(['wide:0/one', 'wide:1/one', 'child/inner', 'right'])
    expect(into(RUN_OUTPUT)).toEqual(['report'])
  })

  it('goes from round to round, and by what decided that a step runs', () => {
    const rounds = ['rounds=1/code', 'rounds=1/test', 'rounds=2/code', 'rounds=2/test']
    const into = flowsInto(teams.delivery, 'deliver', [...rounds, 'deliver'])
    expect(into('rounds=1/code')).toEqual([RUN_INPUT])
    expect(into('rounds=2/code')).toEqual([RUN_INPUT, 'rounds=1/code', 'rounds=1/test'])
    expect(into('deliver')).toEqual(expect.arrayContaining(['rounds=2/code', 'rounds=2/test']))
    expect(into('deliver')).not.toContain('rounds=1/code')
    expect(flowsInto(teams.service, 'answer', ['triage', 'claim'])('claim')).toContain('triage')
  })

  it('says nothing of steps that the workflow does not have', () => {
    const into = flowsInto(work, 'long', ['plan', 'other', 'wide:0/other', 'plan/below', 'a'.repeat(200)])
    for (const id of ['other', 'wide:0/other', 'plan/below', 'a'.repeat(200)]) expect(into(id)).toEqual([])
  })
})
