/** Runs a workflow of a team to its end, in memory: for tests of teams. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSteps, type StepView } from '../api/run-steps.ts'
import { type Clock, systemClock } from '../clock.ts'
import type { Team } from '../define/team.ts'
import { openHost } from '../engine/host.ts'
import { thisProcess } from '../engine/host-owner.ts'
import { openStores } from '../engine/host-stores.ts'
import type { Model } from '../models/model.ts'
import { createPrices } from '../models/prices.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import type { Run } from '../schema/run.ts'
import type { RunEvent } from '../schema/run-event.ts'
import { Reference } from '../schema/step.ts'

export interface InMemoryRun {
  readonly run: Run
  /** The output itself, also where it was too large for the run's head. */
  readonly output: Json | undefined
  readonly steps: readonly StepView[]
  readonly events: readonly RunEvent[]
}

interface InMemoryOptions {
  readonly model: Model
  /** @default the team's first workflow */
  readonly workflow?: string
  readonly input: Json
  readonly settings?: JsonObject
  /** @default the system's; with a fake clock in `auto` mode, waits and retries take no time */
  readonly clock?: Clock
}

/** @throws NotFound, InvalidRequest: see `startRun`. How the run ended is in `run.status`. */
export async function runInMemory(team: Team, options: InMemoryOptions): Promise<InMemoryRun> {
  const { model, input, settings = {}, clock = systemClock } = options
  const folder = mkdtempSync(join(tmpdir(), 'baton-'))
  const stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock })
  const host = openHost({
    stores,
    team,
    model,
    priceOf: createPrices('none', () => undefined).priceOf,
    clock,
    random: () => 0,
    newRunId: () => 'run-1',
    owner: thisProcess(),
  })
  try {
    const events: RunEvent[] = []
    host.subscribe((event) => events.push(event))
    const workflow = options.workflow ?? team.workflows[0]?.name ?? ''
    const hosted = await host.start({ workflow: workflow as Run['workflow'], input, settings })
    const run = await hosted.ended
    const reference = Reference.safeParse(run.output)
    const output = reference.success ? await stores.artifacts.get(run.runId, reference.data) : run.output
    return { run, output, steps: await readSteps(run.runId, stores.journal), events }
  } finally {
    await host.release()
    stores.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
