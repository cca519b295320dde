/** The runs in the data folder. Loads no team and runs nothing. */
import { setTimeout as delay } from 'node:timers/promises'
import { followRun } from '../api/follow-run.ts'
import { raiseBudget } from '../api/raise-budget.ts'
import { readBudget } from '../api/read-budget.ts'
import { listRuns, readHead, readRun } from '../api/read-run.ts'
import { readAudit } from '../api/run-audit.ts'
import { readEffects, settleEffect } from '../api/run-effects.ts'
import { readMessages } from '../api/run-messages.ts'
import { readRunState } from '../api/run-state.ts'
import { systemClock } from '../clock.ts'
import { readSealKeys } from '../engine/seal-key.ts'
import { NotFound } from '../errors.ts'
import { openRecordsSeals } from '../records/seals.ts'
import type { RunId } from '../schema/ids.ts'
import type { Json } from '../schema/json.ts'
import { approvalsHere } from './approvals-here.ts'
import type { Parsed } from './command.ts'
import type { Place } from './place.ts'
import { placeWords } from './place-words.ts'
import { outputOf } from './render-run.ts'
import { type Data, teamOf } from './session.ts'

/** Between looks at the journal, ms. */
const LOOK_MS = 250

export function localPlace(data: Data, values: Parsed['values']): Place {
  const { reading, stores } = data
  return {
    runs: {
      read: (runId) => readRun(runId, reading),
      output: (runId) => storedOutput(runId, data),
      list: (options) => listRuns(options, reading),
      budget: async (runId) => readBudget(runId, await budgeting(runId, data, values)),
      raiseBudget: async (runId, raise, by) => raiseBudget(runId, raise, await budgeting(runId, data, values), by),
      effects: async (runId) => readEffects(runId, { ...reading, clock: systemClock }),
      settleEffect: async (runId, settle, by) => settleEffect(runId, settle, { ...reading, clock: systemClock }, by),
      state: async (runId, query) => readRunState(runId, { ...reading, clock: systemClock }, query),
      messages: async (runId, agent) => readMessages(runId, { ...reading, clock: systemClock }, agent),
      audit: async (runId, query = {}) => {
        const seals = openRecordsSeals(stores.records)
        return readAudit(runId, query, {
          ...stores,
          ...reading,
          seals,
          sealKeys: async () => readSealKeys(stores.folder),
        })
      },
      ...approvalsHere(data, values),
      cancel: async (runId) => (await import('./cancel-here.ts')).cancelHere(runId, data),
    },
    events: (runId, { isFollowed }) => followRun(runId, reading, isFollowed ? () => delay(LOOK_MS) : undefined),
    teamOf: async (run) => (await teamOf(run, values, stores)).team,
    endsWithin: 'a second or so',
    name: stores.folder,
    words: placeWords(values),
  }
}

/** The team is only for its limits: where there is no team file at hand, they are left out. */
async function budgeting(runId: RunId, { reading, stores }: Data, values: Parsed['values']) {
  const run = await readHead(runId, reading)
  const team = await teamOf(run, values, stores).catch(() => undefined)
  return { ...reading, clock: systemClock, team: team?.team }
}

async function storedOutput(runId: RunId, { reading, stores }: Data): Promise<Json> {
  const run = await readHead(runId, reading)
  const output = await outputOf(run, (reference) => stores.artifacts.get(runId, reference))
  if (output !== undefined) return output
  throw new NotFound({ message: `Run ${runId} has no output: it is ${run.status}`, next: `baton show ${runId}` })
}
