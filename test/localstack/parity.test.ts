/** Every pattern on Step Functions and on the embedded engine, with the same models behind the same AWS client. */
import { expect, it } from 'vitest'
import { createBedrockModel } from '../../src/models/bedrock.ts'
import team from './patterns.team.ts'
import { comparable } from './support/compare.ts'
import { client, deployed } from './support/deployed.ts'
import { runEmbedded } from './support/embedded.ts'
import { runOnAws } from './support/on-aws.ts'

const { patterns, patternsModelUrl } = deployed
const { region, credentials } = client
const model = createBedrockModel({ endpoint: patternsModelUrl, region, credentials })

const tasks = (...texts: readonly string[]) => texts.map((text, index) => ({ id: `t${index}`, text }))

const CASES = [
  ['chain', { word: 'one', count: 1 }, 'succeeded'],
  ['chain', { word: 'two', count: 2 }, 'succeeded'],
  ['both', { word: 'a', count: 2 }, 'succeeded'],
  ['fan', { word: 'agents', count: 20 }, 'succeeded'],
  ['fan', { word: 'none', count: 0 }, 'succeeded'],
  ['wide', { word: 'a', count: 48 }, 'succeeded'],
  ['brief', { target: 3 }, 'succeeded'],
  ['brief', { target: 100 }, 'succeeded'],
  ['long', { target: 300 }, 'succeeded'],
  ['family', { word: 'a', count: 2 }, 'succeeded'],
  ['stumble', { word: 'a' }, 'succeeded'],
  ['failing', { word: 'a' }, 'failed'],
  ['fan', { word: 'too-many', count: 21 }, 'failed'],
  ['bulky', { bytes: 400_000 }, 'succeeded'],
  ['measured', { word: 'abc' }, 'succeeded'],
  ['panel', { items: ['all', 'split', 'all'] }, 'succeeded'],
  ['board', { tasks: tasks('easy', 'hard', 'easy', 'impossible') }, 'succeeded'],
  ['board', { tasks: [] }, 'succeeded'],
  ['shaping', { word: 'alike weak a b c' }, 'succeeded'],
  ['shaping', { word: 'alike strong a>b b>c' }, 'succeeded'],
  ['shaping', { word: 'alike strong a>b a>c b>d c>d' }, 'succeeded'],
  ['shaping', { word: 'differ weak r>a r>b r>c r>d' }, 'succeeded'],
  ['shaping', { word: 'alike weak a>b b>a' }, 'failed'],
  ['copying', { word: 'abx' }, 'succeeded'],
  ['passing', { word: 'yours' }, 'succeeded'],
  ['passing', { word: 'mine' }, 'succeeded'],
  ['passing', { word: 'pong' }, 'succeeded'],
  ['passing', { word: 'broken' }, 'succeeded'],
  ['talking', { word: 'tea' }, 'succeeded'],
  ['moderated', { word: 'tea' }, 'succeeded'],
  ['letters', { word: 'hello' }, 'succeeded'],
  ['keeping', { word: 'tea' }, 'succeeded'],
] as const

it.concurrent.each(CASES)('%s %j', async (workflow, input, status) => {
  const [there, here] = await Promise.all([
    runOnAws({ stack: patterns, workflow, input, timeoutMs: 280_000 }),
    runEmbedded({ team, workflow, input, model }),
  ])
  // See NOT_COMPARED: a distributed Map's items have executions of their own on the engine only.
  const children = new Set(there.histories.map(({ events }) => events.length))
  expect(children.size).toBeGreaterThan(0)
  const [onAws, embedded] = [comparable(there, () => true), comparable(here, isChildWorkflow(here.run.workflow))]
  expect(onAws.status).toBe(status)
  expect(onAws).toEqual(embedded)
})

/** The engine names the items of a distributed Map after the machine whose state that is. */
function isChildWorkflow(workflow: string): (machine: string) => boolean {
  return (machine) => machine !== `${team.name}-${workflow}`
}
