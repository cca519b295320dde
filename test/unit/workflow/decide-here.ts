/** Rules as the control function decides them: the same code, over records in memory. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decideRule } from '../../../src/api/decide-rule.ts'
import type { Clock } from '../../../src/clock.ts'
import type { Team } from '../../../src/define/team.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import { ControlTask } from '../../../src/schema/control-task.ts'
import type { Json } from '../../../src/schema/json.ts'
import type { Run } from '../../../src/schema/run.ts'

/** For one run. */
export function rulesHere(team: Team, clock: Clock): (payload: Json) => Promise<Json> {
  // By their content's hash: all tests may share it.
  const folder = join(tmpdir(), 'baton-artifacts-of-tests')
  const stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock })
  const run = { workflow: team.workflows[0]?.name, workflowVersion: '1.0.0', teamSha256: team.sha256 } as unknown as Run
  const runs = { read: async () => run }
  return async (payload) => {
    const task = ControlTask.parse(payload)
    if (task.task !== 'decide') throw new TypeError(`${task.task} is no rule's task`)
    return (await decideRule(task, { ...stores, team, clock, runs })) as unknown as Json
  }
}
