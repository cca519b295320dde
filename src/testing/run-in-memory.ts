/** Runs a workflow of a team to its end, in memory: for tests of teams. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import type { ApprovalView } from '../api/approvals.ts'
import { wholeAudit } from '../api/run-audit.ts'
import { readSteps, type StepView } from '../api/run-steps.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { Team } from '../define/team.ts'
import { type EmbeddedHost, openHost } from '../engine/host.ts'
import { thisProcess } from '../engine/host-owner.ts'
import { openStores } from '../engine/host-stores.ts'
import { NotFound } from '../errors.ts'
import type { Model } from '../models/model.ts'
import { createPrices } from '../models/prices.ts'
import type { EffectList } from '../schema/effect.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import type { Run } from '../schema/run.ts'
import type { RunAudit } from '../schema/run-audit.ts'
import type { RunEvent } from '../schema/run-event.ts'
import { Reference } from '../schema/step.ts'

export interface InMemoryRun {
  readonly run: Run
  /** The output itself, also where it was too large for the run's head. */
  readonly output: Json | undefined
  readonly steps: readonly StepView[]
  readonly events: readonly RunEvent[]
  /** Every row of its record, with the content beside the rows. */
  readonly audit: RunAudit
  /** What its tools did to the world, by the ledger. */
  readonly effects: EffectList['effects']
}

interface InMemoryOptions {
  readonly model: Model
  /** @default the team's first workflow */
  readonly workflow?: string
  readonly input: Json
  readonly settings?: JsonObject
  /** @default the system's; with a fake clock in `auto` mode, waits and retries take no time */
  readonly clock?: Clock
  /** A call of another run is another call: what a tool did is done once in each. @default 'run-1' */
  readonly runId?: string
  /** Stands for the people: what they say of a request. undefined: nothing. @default nobody answers */
  readonly people?: (approval: ApprovalView) => PersonSays | undefined
}

type Vote = Parameters<EmbeddedHost['service']['decideApproval']>[1]

/** `by` is who says it. @default the first who holds a role that may decide */
export type PersonSays = Omit<Vote, 'subjectSha256'> & { readonly by?: string }

const ANYBODY = 'test:somebody'

/** @throws NotFound, InvalidRequest: see `startRun`. How the run ended is in `run.status`. */
export async function runInMemory(team: Team, options: InMemoryOptions): Promise<InMemoryRun> {
  const { model, input, settings = {}, clock = systemClock, people } = options
  const folder = mkdtempSync(join(tmpdir(), 'baton-'))
  const stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock })
  const host = openHost({
    stores,
    team,
    model,
    priceOf: createPrices('none', () => undefined).priceOf,
    clock,
    random: () => 0,
    newRunId: () => options.runId ?? 'run-1',
    owner: thisProcess(),
  })
  try {
    const events: RunEvent[] = []
    host.subscribe((event) => events.push(event))
    const cannot = people && answerRequests(host, team, people)
    const workflow = options.workflow ?? team.workflows[0]?.name ?? ''
    const hosted = await host.start({ workflow: workflow as Run['workflow'], input, settings })
    const run = await (cannot ? Promise.race([hosted.ended, cannot]) : hosted.ended)
    const reference = Reference.safeParse(run.output)
    const output = reference.success ? await stores.artifacts.get(run.runId, reference.data) : run.output
    const audit = await wholeAudit(run.runId, (runId, query) => host.service.audit(runId, query), { bodies: 'true' })
    const { effects } = await host.service.effects(run.runId)
    return { run, output, steps: await readSteps(run.runId, stores.journal), events, audit, effects }
  } finally {
    await host.release()
    stores.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @returns what rejects where something was said that does not count: nobody would ever answer then. */
function answerRequests(
  host: EmbeddedHost,
  team: Team,
  people: (approval: ApprovalView) => PersonSays | undefined,
): Promise<never> {
  const told = new Set<string>()
  async function answer(approvalId: string): Promise<void> {
    const approval = await listed(host, approvalId)
    const says = approval.status === 'pending' ? people(approval) : undefined
    if (says === undefined) return
    const { by = holderOf(approval.roles[0] ?? '', team), ...vote } = says
    const { subjectSha256 } = approval.request
    await host.service.decideApproval(approvalId, { ...vote, subjectSha256 }, by)
  }
  return new Promise((_, refuse) => {
    host.subscribe((event) => {
      if (event.type !== 'decision' || event.approval === undefined || told.has(event.approval)) return
      told.add(event.approval)
      answer(event.approval).catch(refuse)
    })
  })
}

const TRIES = 500
const BETWEEN_MS = 10

/** A step says that it asks before its request is listed. Waits in real time, whatever the run's clock. */
async function listed(host: EmbeddedHost, approvalId: string): Promise<ApprovalView> {
  for (let tries = 1; tries < TRIES; tries += 1) {
    try {
      return await host.service.readApproval(approvalId)
    } catch (error) {
      if (!(error instanceof NotFound)) throw error
      await setTimeout(BETWEEN_MS)
    }
  }
  return host.service.readApproval(approvalId)
}

function holderOf(role: string, { roles }: Team): string {
  return roles?.[role]?.[0]?.replace(/\*$/, 'somebody') ?? ANYBODY
}
