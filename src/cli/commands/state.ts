/** `baton state`: what the agents of a run share, now or at a moment, and who wrote what. */
import { InvalidRequest } from '../../errors.ts'
import type { Json } from '../../schema/json.ts'
import { type StateKeyView, StateQuery, type StateView } from '../../schema/state.ts'
import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { jsonText, table } from '../format.ts'
import { openPlace, runIdOf } from '../place.ts'
import { REMOTE_OPTIONS } from '../remote/remote-target.ts'
import { DATA_OPTION, text } from '../session.ts'

/** `baton state RUN [KEY]` */
export const state: Command = {
  name: 'state',
  summary: 'Shows the state that the agents of a run share, as it is or was, and who wrote what.',
  usage: 'RUN [KEY] [--at VERSION|TIME]',
  details: 'KEY is findings, or research.findings where two workflows have one of that name. Default: all.',
  positionals: 2,
  options: async () => ({
    at: { type: 'string', hint: 'VERSION|TIME', description: 'As it was then: 12, or 2026-01-31T12:00:00Z' },
    history: { type: 'boolean', description: 'Every write, oldest first' },
    ...DATA_OPTION,
    ...REMOTE_OPTIONS,
    ...JSON_OPTION,
  }),
  async run({ values, positionals }) {
    const place = await openPlace(values)
    const runId = await runIdOf(positionals[0], place)
    const view = await place.runs.state(runId, queryOf(positionals[1], text(values, 'at'), values['history'] === true))
    process.stdout.write(values['json'] ? `${jsonText(view)}\n` : `${render(view)}\n`)
    return EXIT.ok
  },
}

function queryOf(key: string | undefined, at: string | undefined, history: boolean): StateQuery {
  const given = { ...(key && { key }), ...(at !== undefined && { at }), ...(history && { history: 'true' }) }
  const parsed = StateQuery.safeParse(given)
  if (parsed.success) return parsed.data
  throw new InvalidRequest({
    message: `--at takes a version or a time, not ${JSON.stringify(at)}`,
    next: 'Give --at 12, or --at 2026-01-31T12:00:00Z.',
  })
}

/** Of a delta, as JSON, in the list. */
const DELTA_CHARACTERS = 60

function render({ runId, keys }: StateView): string {
  if (keys.length === 0) return `The agents of run ${runId} have shared nothing.`
  return keys.map((key) => renderKey(key).join('\n')).join('\n\n')
}

function renderKey({ workflow, key, reducer, version, at, value, untrusted, history }: StateKeyView): string[] {
  const when = at === undefined ? 'not written by then' : `version ${version}, ${shortTime(at)} UTC`
  const warning = untrusted ? ', in part by who had read what strangers wrote' : ''
  const rows = (history ?? []).map((one) => [
    ...[String(one.version), shortTime(one.at), one.agent ?? 'the workflow', one.stepId],
    shortened(one.delta),
  ])
  return [
    `${workflow}.${key} (${reducer}): ${when}${warning}`,
    jsonText(value),
    ...(rows.length === 0 ? [] : ['', table([['version', 'written (UTC)', 'by', 'step', 'wrote'], ...rows])]),
  ]
}

function shortTime(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ')
}

function shortened(delta: Json): string {
  const json = JSON.stringify(delta)
  return json.length <= DELTA_CHARACTERS ? json : `${json.slice(0, DELTA_CHARACTERS).toWellFormed()} …`
}
