/** `baton doctor`: looks at what a run would need, and runs nothing but one tiny question to the model. */
import { accessSync, constants, existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { secretVariable } from '../../config.ts'
import type { Team } from '../../define/team.ts'
import { openSecrets, secretsOf } from '../../engine/host-secrets.ts'
import { BatonError, NotFound } from '../../errors.ts'
import { compile } from '../../workflow/compile.ts'
import { type Command, EXIT, JSON_OPTION, type Parsed } from '../command.ts'
import { dataFolder as folderOf } from '../data-folder.ts'
import { jsonText, painter, plural, printable } from '../format.ts'
import { hasUsualTeam, loadTeam } from '../load-team.ts'
import { REMOTE_OPTIONS, type RemoteTarget, remoteTarget } from '../remote/remote-target.ts'
import { activeModel, DATA_OPTION, MODEL_OPTION, openData, TEAM_OPTION, text } from '../session.ts'
import { VERSION } from '../version.ts'

interface Check {
  readonly what: string
  readonly ok: boolean
  /** Neither right nor wrong: not there to be checked. */
  readonly isNote?: boolean
  readonly detail: string
  readonly next?: string
}

/** A call that costs a few tokens where the model costs money. */
const PING_TIMEOUT_MS = 20_000

export const doctor: Command = {
  name: 'doctor',
  summary:
    'Checks Node, the data folder, the model (one tiny call) and the team file, and says what to do about faults.',
  usage: '[--team FILE] [--model MODEL] | --outputs FILE | --endpoint URL',
  details: 'Of a team that runs elsewhere: the credentials, whether its API answers, and which team it is.',
  positionals: 0,
  options: async () => ({ ...TEAM_OPTION, ...MODEL_OPTION, ...DATA_OPTION, ...REMOTE_OPTIONS, ...JSON_OPTION }),
  async run({ values }) {
    const target = remoteTarget(values)
    const checks = [
      {
        what: 'baton',
        ok: true,
        detail: `${VERSION}, Node ${process.versions.node}, ${process.platform} ${process.arch}`,
      },
      ...(target === undefined ? await checksHere(values) : await checksThere(target)),
    ]
    if (values['json']) process.stdout.write(`${jsonText(checks)}\n`)
    else for (const line of checks) process.stdout.write(describe(line))
    return checks.every(({ ok }) => ok) ? EXIT.ok : EXIT.runFailed
  },
}

async function checksHere(values: Parsed['values']): Promise<Check[]> {
  const loaded = hasTeam(values) ? await loadTeam(text(values, 'team')).catch(() => undefined) : undefined
  return [
    await check('data', async () => dataFolder(values)),
    await check('model', async () => ping(values)),
    hasTeam(values)
      ? await check('team', async () => teamFile(text(values, 'team')))
      : { what: 'team', ok: true, isNote: true, detail: NO_TEAM, next: 'baton doctor --team FILE' },
    ...(loaded === undefined || secretsOf(loaded.team).size === 0
      ? []
      : [await check('secret', async () => secretsHere(loaded.team, folderOf(values)))]),
  ]
}

/** Names only. @throws NotFound naming each that is missing, and the tools that need it. */
function secretsHere(team: Team, folder: string): string {
  const secrets = openSecrets(folder)
  const needed = [...secretsOf(team)]
  const missing = needed.filter(([name]) => !secrets.has(name))
  if (missing.length === 0) return `${needed.map(([name]) => name).join(', ')}: all are there`
  const next = missing.map(([name]) => `set ${secretVariable(name)}`).join('; ')
  throw new NotFound({
    message: `missing: ${missing.map(([name, tools]) => `${name} (of ${tools.join(', ')})`).join(', ')}`,
    next: `${next}; or write them into ${resolve(folder, 'secrets.json')} (mode 600)`,
  })
}

/** Up to the first fault: what comes after it would only fail for the same reason. */
async function checksThere(target: RemoteTarget): Promise<Check[]> {
  const { remoteLooks } = await import('../remote/check-remote.ts')
  const checks: Check[] = []
  for (const { what, look } of remoteLooks(target)) {
    const checked = await check(what, look)
    checks.push(checked)
    if (!checked.ok) break
  }
  return checks
}

async function check(what: string, look: () => Promise<string>): Promise<Check> {
  try {
    return { what, ok: true, detail: await look() }
  } catch (error) {
    const detail = (error as Error).message
    return error instanceof BatonError ? { what, ok: false, detail, next: error.next } : { what, ok: false, detail }
  }
}

async function dataFolder(values: Parameters<typeof openData>[0]): Promise<string> {
  const folder = folderOf(values)
  if (!existsSync(folder)) {
    accessSync(resolve(folder, '..'), constants.W_OK)
    return `${folder} (not there yet; made by the first run)`
  }
  const { stores } = openData(values)
  const { runs, next } = await stores.runs.list({ limit: 1_000 })
  stores.close()
  return `${folder}, ${next === undefined ? plural(runs.length, 'run') : 'over 1000 runs'}`
}

async function ping(values: Parameters<typeof activeModel>[0]): Promise<string> {
  const { model, description, prices } = await activeModel(values)
  const modelId = model.fixedModelId ?? (await firstModelId(values))
  if (model.provider === 'scripted') return description
  if (modelId === undefined && model.provider !== 'offline')
    return `${description}; not asked, as no team names a model id`
  const answer = await model.call(
    {
      modelId: modelId ?? model.provider,
      system: 'You check a connection.',
      messages: [{ role: 'user', content: [{ type: 'text', text: 'Say ok.' }] }],
      tools: [],
      toolChoice: 'auto',
      maxTokens: 16,
    },
    {
      signal: AbortSignal.timeout(PING_TIMEOUT_MS),
      timeoutMs: PING_TIMEOUT_MS,
      agent: 'doctor',
      stepId: 'doctor',
      turn: 1,
    },
  )
  if (modelId === undefined) return `${description}; it answered`
  const known = prices.priceOf(answer.provider, answer.modelId) ? 'price known' : 'price unknown'
  return `${description}; ${answer.modelId} answered, ${known}`
}

const NO_TEAM = 'none in this folder, so none is checked'

function hasTeam(values: Parameters<typeof activeModel>[0]): boolean {
  return text(values, 'team') !== undefined || hasUsualTeam()
}

async function firstModelId(values: Parameters<typeof activeModel>[0]): Promise<string | undefined> {
  const loaded = await loadTeam(text(values, 'team')).catch(() => undefined)
  return loaded?.team.agents[0]?.model.id
}

async function teamFile(named: string | undefined): Promise<string> {
  const { team, file } = await loadTeam(named)
  const machines = compile(team)
  return `${team.name} in ${file}: ${plural(team.agents.length, 'agent')}, ${plural(machines.size, 'workflow')}, all compile`
}

function describe({ what, ok, isNote = false, detail, next }: Check): string {
  const paint = painter(process.stdout)
  const sign = isNote ? paint('dim', '–') : ok ? paint('green', '✔') : paint('red', '✖')
  return `${sign} ${what.padEnd(6)} ${printable(detail)}\n${next === undefined ? '' : `  ${paint('cyan', 'next')}   ${printable(next)}\n`}`
}
