import type { Command } from '../command.ts'
import { DECIDE_OPTIONS, decide } from '../decide.ts'
import { text } from '../session.ts'

/** `baton deny APPROVAL` */
export const deny: Command = {
  name: 'deny',
  summary: 'Denies what a run waits for. One denial is enough.',
  usage: 'APPROVAL [--guidance TEXT]',
  details:
    'An agent that is denied is shown the guidance and goes on; a workflow that is denied fails, or takes its `otherwise`.',
  positionals: 1,
  options: async () => ({
    guidance: { type: 'string', hint: 'TEXT', description: 'What the agent should do instead' },
    ...DECIDE_OPTIONS,
  }),
  run: (parsed) =>
    decide(parsed, () => {
      const guidance = text(parsed.values, 'guidance') || undefined
      return { decision: 'deny', ...(guidance !== undefined && { guidance }) }
    }),
}
