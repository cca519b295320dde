/** Remembers which secrets a call has read, so that no value of one gets into what is kept of the call. */
import type { ToolContext } from '../define/tool.ts'
import { type Redactor, redactorOf } from '../schema/redact.ts'

export interface GuardedSecrets {
  /** In the place of the context's own. */
  readonly secret: ToolContext['secret']
  /** Of what has been read so far. */
  readonly redactor: () => Redactor
}

export function guardSecrets(read: ToolContext['secret']): GuardedSecrets {
  const values = new Set<string>()
  return {
    async secret(name) {
      const value = await read(name)
      values.add(value)
      return value
    },
    redactor: () => redactorOf(values),
  }
}
