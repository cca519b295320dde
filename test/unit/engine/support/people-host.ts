/** Hosts on one folder, as processes of one machine would have them, and people who decide from another one. */
import { spawnSync } from 'node:child_process'
import { decideApproval } from '../../../../src/api/approvals.ts'
import type { Approval } from '../../../../src/approval/approval-state.ts'
import { openApprovals } from '../../../../src/approval/approvals.ts'
import { systemClock } from '../../../../src/clock.ts'
import type { Team } from '../../../../src/define/team.ts'
import { createEngine } from '../../../../src/engine/engine.ts'
import { openHost } from '../../../../src/engine/host.ts'
import { hostTokens } from '../../../../src/engine/host-functions.ts'
import { type Owner, thisProcess } from '../../../../src/engine/host-owner.ts'
import { openStores } from '../../../../src/engine/host-stores.ts'
import type { RunId } from '../../../../src/schema/ids.ts'
import type { Json } from '../../../../src/schema/json.ts'
import { type Script, scriptedModel } from '../../../../src/testing/scripted-model.ts'

export const RUN = 'run-1' as RunId
const clock = systemClock

/** A process that is gone: whoever comes next need not wait for it. */
export function deadProcess(): Owner {
  return { ...thisProcess(), pid: spawnSync('true').pid, started: null }
}

export function hostOn(folder: string, team: Team, script: Script, owner = thisProcess()) {
  const stores = openStores({ folder, synchronous: 'NORMAL', clock })
  const model = scriptedModel({ '*@never': [{ text: '' }], ...script })
  const common = { stores, team, model, clock, owner, priceOf: () => undefined, random: () => 0 }
  const host = openHost({ ...common, newRunId: () => RUN })
  return {
    ...host,
    stores,
    model,
    start: (workflow: string, input: Json = {}) => host.start({ workflow: workflow as never, input, settings: {} }),
    async close() {
      await host.release()
      stores.close()
    },
  }
}

interface Saying {
  readonly decision?: 'approve' | 'deny'
  readonly answer?: Json
  readonly comment?: string
  readonly by?: string
}

/** Another process, that runs nothing: `baton approve`. */
export function peopleOn(folder: string, team: Team) {
  const stores = openStores({ folder, synchronous: 'NORMAL', clock })
  const approvals = openApprovals({ records: stores.records, clock })
  const engine = createEngine({
    ...{ history: stores.history, clock, random: () => 0, machine: () => undefined },
    invokeFunction: () => Promise.reject(new Error('nothing runs here')),
  })
  const dependencies = { ...stores, approvals, team, clock, tokens: hostTokens(engine) }

  async function pending(count = 1): Promise<readonly Approval[]> {
    for (let look = 0; look < 200; look += 1) {
      const found = (await approvals.ofRun(RUN)).filter(({ status }) => status === 'pending')
      if (found.length >= count) return found
      await clock.sleep(25)
    }
    throw new Error('nobody was asked')
  }

  return {
    pending,
    approvals,
    async say({ request }: Approval, { decision = 'approve', by = 'local:ann', ...rest }: Saying = {}) {
      const vote = { decision, subjectSha256: request.subjectSha256, ...rest }
      return decideApproval(request.approvalId, vote, by, dependencies)
    },
    close: () => stores.close(),
  }
}
