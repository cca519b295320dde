import { InvalidRequest } from '../../errors.ts'
import type { EffectList, EffectView } from '../../schema/effect.ts'
import { SettleEffect } from '../../schema/effect.ts'
import { type Command, EXIT, JSON_OPTION, type Parsed } from '../command.ts'
import { jsonText, plural, table } from '../format.ts'
import { openPlace, runIdOf } from '../place.ts'
import { REMOTE_OPTIONS } from '../remote/remote-target.ts'
import { DATA_OPTION, text } from '../session.ts'

/** `baton effects RUN` */
export const effects: Command = {
  name: 'effects',
  summary: 'Lists what the tools of a run did to the world, and what nobody knows of.',
  usage: 'RUN [--settle CALL --as happened|not-happened --comment TEXT]',
  details:
    'A call is unknown where its process died, or its time was up, before it answered. Look at the other side, then say what you found: it is written into the journal of the run.',
  positionals: 1,
  options: async () => ({
    settle: { type: 'string', hint: 'CALL', description: 'Say what became of a call that nobody knows of' },
    as: { type: 'string', hint: 'WHAT', description: 'happened, or not-happened' },
    comment: { type: 'string', hint: 'TEXT', description: 'How you know' },
    ...DATA_OPTION,
    ...REMOTE_OPTIONS,
    ...JSON_OPTION,
  }),
  async run({ values, positionals }) {
    const place = await openPlace(values)
    const runId = await runIdOf(positionals[0], place)
    const list = await place.runs.effects(runId)
    const settle = settlement(values, list)
    const told = settle === undefined ? list : await place.runs.settleEffect(runId, settle)
    process.stdout.write(values['json'] ? `${jsonText(told)}\n` : `${render(told, place.words)}\n`)
    return EXIT.ok
  },
}

/** @throws InvalidRequest where the words say only half of it. */
function settlement(values: Parsed['values'], { effects: all }: EffectList): SettleEffect | undefined {
  const [settle, as, comment] = ['settle', 'as', 'comment'].map((name) => text(values, name))
  if (settle === undefined && as === undefined && comment === undefined) return undefined
  // The beginning of an id will do, as the list shows no more of it.
  const found = settle ? all.filter(({ callId }) => callId.startsWith(settle)) : []
  const parsed = SettleEffect.safeParse({ callId: found.length === 1 ? found[0]?.callId : settle, as, comment })
  if (parsed.success) return parsed.data
  throw new InvalidRequest({
    message:
      found.length > 1 ? `${found.length} calls begin with ${settle}` : 'It is not said what became of which call',
    next: 'baton effects RUN --settle CALL --as happened|not-happened --comment "how you know"',
  })
}

/** Of a call's id, as many as tell the calls of a run apart. */
const ID_CHARACTERS = 12

function render({ runId, effects: all }: EffectList, words: string): string {
  if (all.length === 0) return `Run ${runId} has done nothing to the world.`
  const rows = all.map((one) => [
    one.at.slice(0, 19).replace('T', ' '),
    one.status === 'done' ? (one.result ?? one.status) : one.status,
    one.tool,
    one.effect,
    one.stepId,
    one.callId.slice(0, ID_CHARACTERS),
    one.undoes === undefined ? '' : `takes back ${one.undoes.slice(0, ID_CHARACTERS)}`,
  ])
  const unknown = all.filter(({ status }) => status === 'unknown')
  const lines = [table([['at (UTC)', 'status', 'tool', 'effect', 'step', 'call', ''], ...rows])]
  if (unknown.length > 0) lines.push('', adviceOn(unknown, runId, words))
  return lines.join('\n')
}

function adviceOn(unknown: readonly EffectView[], runId: string, words: string): string {
  const [first] = unknown
  const call = first?.callId.slice(0, ID_CHARACTERS)
  return [
    `Nobody knows whether ${plural(unknown.length, 'call')} happened. Look at the other side, then say what you found:`,
    `  baton effects ${runId} --settle ${call} --as happened|not-happened --comment "how you know"${words}`,
  ].join('\n')
}
