/** A run of a team on the real host, in memory, and what is recorded of it. Asserts nothing. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { ApprovalView } from '../../../src/api/approvals.ts'
import { executionName } from '../../../src/api/ports.ts'
import { wholeAudit } from '../../../src/api/run-audit.ts'
import { type Clock, systemClock } from '../../../src/clock.ts'
import type { Team } from '../../../src/define/team.ts'
import { createEngine } from '../../../src/engine/engine.ts'
import { openHost } from '../../../src/engine/host.ts'
import { thisProcess } from '../../../src/engine/host-owner.ts'
import { openStores, type Stores } from '../../../src/engine/host-stores.ts'
import type { Model } from '../../../src/models/model.ts'
import { historiesOf } from '../../../src/replay/replay-run.ts'
import { type TakenRecording, takeRecording } from '../../../src/replay/take-recording.ts'
import type { RunId, WorkflowName } from '../../../src/schema/ids.ts'
import type { Json } from '../../../src/schema/json.ts'
import type { Run } from '../../../src/schema/run.ts'

type Host = ReturnType<typeof openHost>

export interface Opened {
  readonly host: Host
  readonly stores: Stores
}

type Says = Omit<Parameters<Host['service']['decideApproval']>[1], 'subjectSha256'> & { readonly by?: string }

interface Options {
  readonly model: Model
  readonly clock?: Clock
  /** @default a folder and stores of its own */
  readonly stores?: Stores
  readonly input?: Json
  readonly workflow?: string
  readonly runId?: string
  /** What somebody says of each request. undefined: nothing. */
  readonly people?: (approval: ApprovalView) => Says | undefined
}

export function memoryStores(clock: Clock = systemClock): Stores {
  const folder = mkdtempSync(join(tmpdir(), 'baton-replay-'))
  const stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock })
  onTestFinished(() => {
    stores.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return stores
}

export function open(
  team: Team,
  { model, clock = systemClock, stores = memoryStores(clock), runId = 'run-1' }: Options,
) {
  const host = openHost({
    ...{ stores, team, model, clock },
    priceOf: () => ({ costUsd: () => 0.25 }),
    random: () => 0,
    newRunId: () => runId,
    owner: thisProcess(),
  })
  onTestFinished(() => host.release())
  return { host, stores }
}

/** Runs it to its end. */
export async function runToEnd(team: Team, options: Options): Promise<Opened & { readonly run: Run }> {
  const { input = {}, workflow = team.workflows[0]?.name ?? '', people } = options
  const opened = open(team, options)
  if (people !== undefined) answerAll(opened.host, people)
  const { ended } = await opened.host.start({ workflow: workflow as WorkflowName, input, settings: {} })
  return { ...opened, run: await ended }
}

export function answerAll(host: Host, people: NonNullable<Options['people']>): void {
  const told = new Set<string>()
  const timer = setInterval(async () => {
    const { approvals } = await host.service.listApprovals({ limit: 100 }).catch(() => ({ approvals: [] }))
    for (const approval of approvals) {
      const { approvalId, subjectSha256 } = approval.request
      const says = told.has(approvalId) ? undefined : people(approval)
      if (says === undefined) continue
      told.add(approvalId)
      const { by = 'local:ann', ...vote } = says
      await host.service.decideApproval(approvalId, { ...vote, subjectSha256 }, by)
    }
  }, 20)
  onTestFinished(() => clearInterval(timer))
}

export function recordingIn({ host, stores }: Opened, runId: string): Promise<TakenRecording> {
  return takeRecording(runId as RunId, {
    run: async (id) => (await host.service.read(id)).run,
    audit: (id) => wholeAudit(id, host.service.audit, { bodies: 'true' }),
    requests: async (id) => {
      const { approvals } = await host.service.listApprovals({ runId: id, limit: 1_000 })
      return approvals.map(({ request }) => request)
    },
    artifact: (id, reference) => stores.artifacts.get(id, reference),
    histories: (run) => {
      const engine = createEngine({
        history: stores.history,
        clock: systemClock,
        random: () => 0,
        machine: () => undefined,
        invokeFunction: () => Promise.reject(new TypeError('nothing is run')),
      })
      return historiesOf(engine, executionName(run.runId, run.execution))
    },
  })
}

export async function recorded(team: Team, options: Options) {
  const opened = await runToEnd(team, options)
  return { ...opened, ...(await recordingIn(opened, opened.run.runId)) }
}
