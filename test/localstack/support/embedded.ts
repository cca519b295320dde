/** Runs a workflow on the embedded host, with the model that is given, and keeps all that there is to compare. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ApprovalView } from '../../../src/api/approvals.ts'
import { readRows } from '../../../src/api/run-steps.ts'
import type { Vote } from '../../../src/approval/approval-state.ts'
import { systemClock } from '../../../src/clock.ts'
import type { Team } from '../../../src/define/team.ts'
import { createEngine } from '../../../src/engine/engine.ts'
import { type HostOptions, openHost } from '../../../src/engine/host.ts'
import { machineFor } from '../../../src/engine/host-lockfile.ts'
import { thisProcess } from '../../../src/engine/host-owner.ts'
import { openStores } from '../../../src/engine/host-stores.ts'
import type { Model } from '../../../src/models/model.ts'
import type { JournalRow } from '../../../src/schema/journal-row.ts'
import type { Json, JsonObject } from '../../../src/schema/json.ts'
import type { Run } from '../../../src/schema/run.ts'
import { Reference } from '../../../src/schema/step.ts'
import type { RawEvent } from '../normalize-history.ts'
import { until } from './until.ts'

export interface Told {
  readonly run: Run
  /** The output itself, also where it was too large for the run's head. */
  readonly output: Json | undefined
  readonly rows: readonly JournalRow[]
  /** By what they ran: the workflow first, then child executions in the order of their start. */
  readonly histories: readonly { readonly machine: string; readonly events: readonly RawEvent[] }[]
}

/** What people say, as soon as they are asked. */
export type Decide = (approval: ApprovalView) => { readonly vote: Vote; readonly by: string }

interface Asked {
  readonly team: Team
  readonly workflow: string
  readonly input: Json
  readonly settings?: JsonObject
  readonly model: Model
  /** @default none is known */
  readonly priceOf?: HostOptions['priceOf']
  /** Of the first approval that is asked for. @default nobody is asked, or nobody answers */
  readonly decide?: Decide
}

export async function runEmbedded({ team, workflow, input, settings = {}, model, ...more }: Asked): Promise<Told> {
  const folder = mkdtempSync(join(tmpdir(), 'baton-parity-'))
  const stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock: systemClock })
  const surroundings = { clock: systemClock, random: () => 0 }
  const host = openHost({
    ...surroundings,
    ...{ stores, team, model, owner: thisProcess() },
    priceOf: more.priceOf ?? (() => undefined),
    newRunId: () => `embedded-${workflow}-${process.pid}`,
  })
  try {
    const hosted = await host.start({ workflow: workflow as Run['workflow'], input, settings })
    if (more.decide !== undefined) {
      const { service } = host
      const approval = await until('an approval is asked for', 60_000, async () => {
        return (await service.listApprovals({ runId: hosted.run.runId, limit: 1 })).approvals[0]
      })
      const { vote, by } = more.decide(approval)
      await service.decideApproval(approval.request.approvalId, vote, by)
    }
    const run = await hosted.ended
    const reference = Reference.safeParse(run.output)
    const engine = createEngine({
      ...surroundings,
      history: stores.history,
      machine: (arn) => machineFor(team, arn),
      invokeFunction: () => Promise.reject(new Error('only read from here on')),
    })
    const executions = engine.list(run.runId).toSorted((a, b) => a.startedAt.getTime() - b.startedAt.getTime())
    return {
      run,
      output: reference.success ? await stores.artifacts.get(run.runId, reference.data) : run.output,
      rows: await readRows(run.runId, stores.journal),
      histories: executions.map(({ name, machineArn }) => ({
        machine: machineArn.slice(machineArn.lastIndexOf(':') + 1),
        events: engine.history(name) as unknown as readonly RawEvent[],
      })),
    }
  } finally {
    await host.release()
    stores.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
