/** What verbs share: opening the data folder, the team's host with its model, run ids as people type them. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { ReadDependencies } from '../api/read-run.ts'
import { systemClock } from '../clock.ts'
import { environment } from '../config.ts'
import type { Team } from '../define/team.ts'
import { type EmbeddedHost, openHost } from '../engine/host.ts'
import { isHeld } from '../engine/host-hold.ts'
import { thisProcess } from '../engine/host-owner.ts'
import { openSecrets } from '../engine/host-secrets.ts'
import { openStores, type Stores } from '../engine/host-stores.ts'
import { NotFound } from '../errors.ts'
import { energeticEmbedder } from '../memory/energetic-embedder.ts'
import { chooseModel, type ModelChoice } from '../models/choose.ts'
import { loadPrices } from '../models/load-prices.ts'
import type { Prices } from '../models/prices.ts'
import type { Run } from '../schema/run.ts'
import type { Options, Parsed } from './command.ts'
import { dataFolder } from './data-folder.ts'
import { type LoadedTeam, loadTeam } from './load-team.ts'
import { startedTeam } from './released/load-release.ts'
import { newRunId } from './run-id.ts'

type Values = Parsed['values']

export const TEAM_OPTION: Options = {
  team: { type: 'string', hint: 'FILE', description: 'The team file. Default: team.ts, src/team.ts or baton/team.ts' },
}
export const DATA_OPTION: Options = {
  data: { type: 'string', hint: 'DIR', description: 'Where runs are kept. Default: BATON_DATA or .baton' },
}
export const MODEL_OPTION: Options = {
  model: {
    type: 'string',
    hint: 'MODEL',
    description: 'offline (default), bedrock[:<region>], openai:<url>#<model>, scripted:<file>; or BATON_MODEL',
  },
}

export interface Data {
  readonly stores: Stores
  /** What the reading use cases need. */
  readonly reading: ReadDependencies & Stores
}

export function hasData(values: Values): boolean {
  return existsSync(join(dataFolder(values), 'records.db'))
}

/** For verbs that look at what there is, so that a wrong folder is said and not made. @throws NotFound, and as `openData` */
export function openExistingData(values: Values): Data {
  if (hasData(values)) return openData(values)
  throw new NotFound({
    message: `There are no runs in ${dataFolder(values)}`,
    next: 'Name the folder that holds them with --data DIR, or start one: baton run --help',
  })
}

/** @throws RecordsUnavailable, RecordsCorrupt */
export function openData(values: Values): Data {
  const { BATON_SYNCHRONOUS = 'NORMAL' } = environment()
  const folder = dataFolder(values)
  const stores = openStores({ folder, synchronous: BATON_SYNCHRONOUS, clock: systemClock })
  const held = { records: stores.records, clock: systemClock }
  return { stores, reading: { ...stores, isHeld: (runId) => isHeld(runId, held), now: () => new Date() } }
}

export interface ActiveModel extends ModelChoice {
  readonly prices: Prices
}

/** @throws InvalidRequest, InvalidDefinition for a setting, a script or a price file that cannot be used. */
export async function activeModel(values: Values): Promise<ActiveModel> {
  const { BATON_MODEL, BATON_OPENAI_API_KEY, BATON_PRICES, AWS_REGION, AWS_DEFAULT_REGION } = environment()
  const choice = await chooseModel(text(values, 'model') ?? BATON_MODEL, {
    region: AWS_REGION ?? AWS_DEFAULT_REGION,
    openAiApiKey: BATON_OPENAI_API_KEY,
  })
  const prices = await loadPrices({
    providers: [choice.model.provider],
    endpoint: choice.setting.kind === 'openai' ? choice.setting.url : undefined,
    file: BATON_PRICES,
    now: new Date(),
  })
  return { ...choice, prices }
}

export function hostOf(team: Team, teamFile: string, { model, prices }: ActiveModel, stores: Stores): EmbeddedHost {
  return openHost({
    stores,
    team,
    teamFile,
    model,
    priceOf: prices.priceOf,
    clock: systemClock,
    random: Math.random,
    newRunId,
    owner: thisProcess(),
    embedder: energeticEmbedder(),
    readSecret: openSecrets(stores.folder).read,
  })
}

/** The team that `--team` names, or else the one that the run was started with: its release's, where it has one. */
export function teamOf(run: Run, values: Values, stores?: Pick<Stores, 'folder' | 'records'>): Promise<LoadedTeam> {
  const named = text(values, 'team')
  return named === undefined && stores ? startedTeam(run, stores) : loadTeam(named ?? run.teamFile)
}

export function text(values: Values, name: string): string | undefined {
  const value = values[name]
  return typeof value === 'string' ? value : undefined
}
