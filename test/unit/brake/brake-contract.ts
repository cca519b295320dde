/**
 * What brakes must do over any adapter of the records port. There is one partition of brakes: no two cases may run at
 * once, and each leaves it empty. `for (const { name, run } of BRAKE_CONTRACT) it(name, () => run(records))`.
 */
import assert from 'node:assert/strict'
import type { BrakeScope } from '../../../src/brake/brake.ts'
import { openBrakes } from '../../../src/brake/open-brakes.ts'
import type { Records, Write } from '../../../src/records/records.ts'
import { AgentName, TeamName, WorkflowName } from '../../../src/schema/ids.ts'
import { fakeClock } from '../../../src/testing/fake-clock.ts'

export interface BrakeCase {
  readonly name: string
  readonly run: (records: Records) => Promise<void>
}

const team = TeamName.parse('demo')
export const WRITER: BrakeScope = { of: 'agent', team, name: AgentName.parse('writer') }
const REPORT: BrakeScope = { of: 'workflow', team, name: WorkflowName.parse('report') }
const why = { reason: 'it writes nonsense', by: 'ada' }

export const BRAKE_CONTRACT: readonly BrakeCase[] = [
  {
    name: 'holds where it is set, the widest first, and nowhere else',
    async run(records) {
      const clock = fakeClock()
      const brakes = openBrakes({ records, clock })
      const at = (place: Parameters<typeof brakes.read>[0]) => brakes.read(place).then((brake) => brake?.scope.of)
      for (const scope of [WRITER, REPORT]) await brakes.set({ scope, ...why })
      assert.equal(await at({ team: 'demo', agent: 'writer' }), 'agent')
      assert.equal(await at({ team: 'demo', workflows: ['main', 'report'], agent: 'writer' }), 'workflow')
      assert.equal(await at({ team: 'demo', workflows: ['main'], agent: 'reader' }), undefined)
      assert.equal(await at({ team: 'other', workflows: ['report'], agent: 'writer' }), undefined)
      await brakes.set({ scope: { of: 'team', team }, ...why })
      assert.equal(await at({ team: 'demo', agent: 'writer' }), 'team')
      await brakes.set({ scope: { of: 'fleet' }, ...why })
      assert.equal(await at({ team: 'other' }), 'fleet')
      assert.deepEqual(
        (await brakes.list()).map(({ scope }) => scope.of),
        ['fleet', 'team', 'workflow', 'agent'],
      )
      for (const { scope } of await brakes.list()) await brakes.release(scope)
      assert.equal(await at({ team: 'demo', agent: 'writer' }), undefined)
    },
  },
  {
    name: 'is seen by other processes two seconds later',
    async run(records) {
      const clock = fakeClock()
      const [one, other] = [openBrakes({ records, clock }), openBrakes({ records, clock })]
      assert.equal(await other.read({ team: 'demo', agent: 'writer' }), undefined)
      await one.set({ scope: WRITER, ...why })
      await clock.advance(2_000)
      assert.equal((await other.read({ team: 'demo', agent: 'writer' }))?.by, 'ada')
      await one.release(WRITER)
      await clock.advance(2_000)
      assert.equal(await other.read({ team: 'demo', agent: 'writer' }), undefined)
    },
  },
  {
    name: 'stays as the first has set it, and is released once',
    async run(records) {
      const clock = fakeClock()
      const brakes = openBrakes({ records, clock })
      const both = await Promise.all([
        brakes.set({ scope: WRITER, ...why }),
        brakes.set({ scope: WRITER, reason: 'other', by: 'bob' }),
      ])
      assert.deepEqual(both.map(({ isNew }) => isNew).sort(), [false, true])
      assert.deepEqual(both[0].brake, both[1].brake)
      assert.deepEqual(await brakes.release(WRITER), both[0].brake)
      assert.equal(await brakes.release(WRITER), undefined)
    },
  },
  {
    name: 'is mine though the reply was lost and the write sent again',
    async run(records) {
      const twice: Records = {
        ...records,
        get: (key) => records.get(key),
        query: (partition, options) => records.query(partition, options),
        async write(write: Write) {
          await records.write(write)
          return records.write(write)
        },
      }
      const brakes = openBrakes({ records: twice, clock: fakeClock() })
      assert.equal((await brakes.set({ scope: WRITER, ...why })).isNew, true)
      assert.equal((await brakes.release(WRITER))?.by, 'ada')
      assert.deepEqual(await brakes.list(), [])
    },
  },
]
