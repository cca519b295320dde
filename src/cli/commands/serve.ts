/** `baton serve`: composes the embedded host with the HTTP app, and says how to use it. What is answered is the app's. */
import { BlockList, isIP } from 'node:net'
import { resolve } from 'node:path'
import { createHttpApp } from '../../api/http/app.ts'
import { listRuns } from '../../api/read-run.ts'
import type { RunService } from '../../api/run-service.ts'
import type { Team } from '../../define/team.ts'
import { InvalidRequest } from '../../errors.ts'
import type { JsonObject } from '../../schema/json.ts'
import type { Run } from '../../schema/run.ts'
import { announceModel } from '../announce-model.ts'
import { principalHere } from '../approvals-here.ts'
import { type Command, EXIT, JSON_OPTION, type Options, type Parsed } from '../command.ts'
import { jsonText, printable } from '../format.ts'
import { listen } from '../listen.ts'
import { placeWords } from '../place-words.ts'
import { RELEASED_OPTION, releasedHostHere, teamToRun } from '../released/host-here.ts'
import { resumerOf } from '../resume-interrupted.ts'
import { activeModel, DATA_OPTION, type Data, hostOf, MODEL_OPTION, openData, TEAM_OPTION, text } from '../session.ts'
import { besideSettings, refuseMissingPaths, settingsOf, settingsOptions, settingsSchema } from '../team-settings.ts'
import { VERSION } from '../version.ts'

const OPTIONS: Options = {
  ...TEAM_OPTION,
  ...RELEASED_OPTION,
  port: { type: 'string', hint: 'PORT', description: 'Where to listen; 0 takes any that is free. Default: 7411' },
  host: { type: 'string', hint: 'ADDRESS', description: 'Default: 127.0.0.1, so that only this machine can ask' },
  'allow-host': {
    type: 'string',
    hint: 'NAMES',
    description: 'Host names, with commas, that it may be asked by beside localhost. Nobody is authenticated',
  },
  resume: { type: 'boolean', description: 'Go on with the runs of this team that were interrupted' },
  ...MODEL_OPTION,
  ...DATA_OPTION,
  ...JSON_OPTION,
}

/** Runs looked through for interrupted ones, newest first. */
const LOOKED_THROUGH = 1_000
/** By then the lease of a process that died on another machine (a container that was replaced) is over, ms. */
const SECOND_LOOK_MS = 20_000
/** Of those, named at most. */
const NAMED = 10
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

export const serve: Command = {
  name: 'serve',
  summary: 'Serves a team over HTTP on this machine: the API that the team has on AWS, on the embedded engine.',
  usage: '[--team FILE | --released NAME] [--port PORT]',
  details:
    "The team's own settings, given here, hold for every run that does not bring others.\nCtrl-C stops cleanly; interrupted runs go on with `baton serve --resume` or `baton resume RUN`.",
  positionals: 0,
  options: async (words) => besideSettings(await settingsOptions(words), OPTIONS),
  async run({ values }) {
    const { team, file } = await teamToRun(values)
    const settings = settingsOf(settingsSchema(team), values, (path) => resolve(path))
    refuseMissingPaths(team, settings, (option) => `Name a file or folder that can be read: ${option}`)
    const address = addressOf(values)
    const model = await activeModel(values)
    const data = openData(values)
    const released = text(values, 'released')
    const { stores } = data
    const host =
      released === undefined ? hostOf(team, file, model, stores) : releasedHostHere(released, { model, stores })
    const stop = untilStopped()
    const app = createHttpApp(withSettings(host.service, settings), {
      localNames: address.names,
      approver: principalHere(),
      document: { team: team.name, version: VERSION },
      onError: (error, { method, path }) => tell(`fault ${method} ${path}: ${(error as Error).stack ?? String(error)}`),
    })
    try {
      // Who asks waits until then: a watcher that is told of an interruption takes it for the end.
      const ready = Promise.withResolvers<void>()
      const server = await listen({ ...address, fetch: (request) => ready.promise.then(() => app.fetch(request)) })
      if (values['json']) process.stdout.write(`${jsonText({ type: 'serving', url: server.url, team: team.name })}\n`)
      else {
        announceModel(model)
        process.stdout.write(`${greeting(server.url, team, settings)}\n`)
        host.subscribe((event) => {
          if (event.type === 'run.started' || event.type === 'run.ended') tell(`${event.runId} ${event.type.slice(4)}`)
        })
      }
      const began = new Date().toISOString()
      const cut = await interrupted(team, data)
      const resume = values['resume'] === true ? resumerOf({ host, tell }) : undefined
      if (resume) await resume(cut)
      else if (cut.length > 0) tell(adviceOf(cut, values))
      ready.resolve()
      const lookAgain = async () => {
        const old = (await interrupted(team, data)).filter(({ startedAt }) => startedAt < began)
        await resume?.(old)
      }
      const failed = (error: Error) => tell(`No second look for interrupted runs: ${error.message}`)
      const again = resume && setTimeout(() => lookAgain().catch(failed), SECOND_LOOK_MS)
      await stop.asked
      clearTimeout(again)
      await server.close()
      await host.release()
      const left = await interrupted(team, data)
      tell(left.length === 0 ? 'Stopped. Nothing was cut off.' : `Stopped. ${adviceOf(left, values)}`)
      return EXIT.ok
    } finally {
      await host.release()
      data.stores.close()
      stop.stopListening()
    }
  },
}

const LOOPBACK = new BlockList()
LOOPBACK.addSubnet('127.0.0.0', 8)
LOOPBACK.addAddress('::1', 'ipv6')

/** @throws InvalidRequest for what is no port, and for an address that others reach where nobody said by which name. */
function addressOf(values: Parsed['values']) {
  const word = text(values, 'port') ?? '7411'
  const port = /^\d{1,5}$/.test(word) ? Number(word) : Number.NaN
  if (!(port <= 65_535)) {
    throw new InvalidRequest({ message: `--port is ${JSON.stringify(word)}`, next: 'Give a number from 0 to 65535.' })
  }
  const hostname = text(values, 'host') ?? '127.0.0.1'
  const names = (text(values, 'allow-host') ?? '').split(',').map((name) => name.trim().toLowerCase())
  const given = names.filter((name) => name !== '')
  const family = isIP(hostname) === 6 ? 'ipv6' : 'ipv4'
  const isLocal = hostname === 'localhost' || (isIP(hostname) !== 0 && LOOPBACK.check(hostname, family))
  if (isLocal || given.length > 0) return { hostname, port, names: given }
  throw new InvalidRequest({
    message: `Others can reach ${hostname}, and \`baton serve\` authenticates nobody: whoever asks may start runs`,
    next: 'Leave out --host, or say by which names it may be asked: --allow-host NAME',
  })
}

/** What the operator gave here stands where a request does not say otherwise. */
function withSettings(service: RunService, settings: JsonObject): RunService {
  return {
    ...service,
    start: (request) => service.start({ ...request, settings: { ...settings, ...request.settings } }),
  }
}

function greeting(url: string, team: Team, settings: JsonObject): string {
  const [workflow] = team.workflows
  const body = jsonText({ workflow: workflow?.name ?? 'NAME', input: workflow?.example ?? {} }).replaceAll("'", "'\\''")
  const missing = team.settings.safeParse(settings).success
    ? []
    : ['', 'The team needs settings: give them here as options, or in each request as "settings".']
  return printable(
    [
      `Serving team ${team.name} at ${url}`,
      '',
      `  curl ${url}/workflows`,
      `  curl ${url}/runs -H 'content-type: application/json' -d '${body}'`,
      `  curl -N ${url}/runs/RUN/events -H 'accept: text/event-stream'`,
      `  npx baton runs --endpoint ${url}`,
      ...missing,
      '',
      'Nobody is authenticated: whoever can reach this address may start runs. Ctrl-C stops.',
    ].join('\n'),
  )
}

/** Newest first. */
async function interrupted(team: Team, { reading }: Data): Promise<readonly Run[]> {
  const found: Run[] = []
  let after: string | undefined
  let looked = 0
  do {
    const page = await listRuns({ limit: 100, ...(after === undefined ? {} : { after }) }, reading)
    found.push(...page.runs.filter((run) => run.status === 'interrupted' && run.team === team.name))
    looked += page.runs.length
    after = page.next
  } while (after !== undefined && looked < LOOKED_THROUGH)
  return found
}

function adviceOf(runs: readonly Run[], values: Parsed['values']): string {
  const names = runs.slice(0, NAMED).map(({ runId }) => `  npx baton resume ${runId}${placeWords(values)}`)
  const more = runs.length > NAMED ? [`  … and ${runs.length - NAMED} more`] : []
  return ['Interrupted; `baton serve --resume` goes on with all of them:', ...names, ...more].join('\n')
}

/** The first Ctrl-C stops in order; a second one does not wait. */
function untilStopped(): { readonly asked: Promise<void>; stopListening(): void } {
  const { promise, resolve } = Promise.withResolvers<void>()
  let isAsked = false
  const listener = () => {
    if (isAsked) process.exit(EXIT.interrupted)
    isAsked = true
    resolve()
  }
  for (const signal of SIGNALS) process.on(signal, listener)
  return {
    asked: promise,
    stopListening() {
      for (const signal of SIGNALS) process.off(signal, listener)
    },
  }
}

function tell(line: string): void {
  process.stderr.write(`${printable(line)}\n`)
}
