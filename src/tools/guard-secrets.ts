/** Remembers which secrets a call has read, so that no value of one gets into what is kept of the call. */
import type { Tool, ToolContext } from '../define/tool.ts'
import { NotActed } from '../errors.ts'
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

/** A tool is given the secrets that it names, and no others. A missing one is found before anything is done with it. */
export function secretsFor(
  tool: Pick<Tool, 'name' | 'secrets'>,
  read: ToolContext['secret'] | undefined,
): ToolContext['secret'] {
  return async (name) => {
    if (tool.secrets.includes(name)) {
      if (read !== undefined) return read(name)
      throw new NotActed({ message: `there is no secret ${name} here`, next: 'Give the host a store of secrets.' })
    }
    throw new NotActed({
      message: `${tool.name} does not name the secret ${name}`,
      next: `Declare it: secrets: ['${name}'].`,
    })
  }
}
