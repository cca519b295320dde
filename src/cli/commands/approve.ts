import { parseJson } from '../../schema/parse-json.ts'
import type { Command } from '../command.ts'
import { DECIDE_OPTIONS, decide, jsonOf, type Said } from '../decide.ts'
import { text } from '../session.ts'

/** `baton approve APPROVAL` */
export const approve: Command = {
  name: 'approve',
  summary: 'Approves what a run waits for, answers a question, or gives the output of a person’s step.',
  usage: 'APPROVAL [--edit JSON] [--answer JSON|TEXT]',
  details: 'Look at all of it first: baton approvals APPROVAL. Said again, it counts once.',
  positionals: 1,
  options: async () => ({
    edit: { type: 'string', hint: 'JSON', description: 'Arguments to run with in place of those asked for; or a file' },
    answer: { type: 'string', hint: 'JSON', description: 'To a question, or the output of the step; or a file' },
    ...DECIDE_OPTIONS,
  }),
  run: (parsed) =>
    decide(parsed, ({ request }): Said => {
      const [edit, answer] = [text(parsed.values, 'edit'), text(parsed.values, 'answer')]
      return {
        decision: 'approve',
        ...(edit !== undefined && { edited: jsonOf(edit, '--edit') }),
        ...(answer !== undefined && { answer: answerOf(answer, request.kind) }),
      }
    }),
}

/** A question is answered by a text: quoted as JSON, or as it is, `42` too. */
function answerOf(word: string, kind: string) {
  if (kind !== 'question') return jsonOf(word, '--answer')
  const parsed = parseJson(word)
  return parsed.ok && typeof parsed.value === 'string' ? parsed.value : word
}
