/** What a tool's context holds where its host provides nothing of the kind: each says so when it is used. */
import type { ToolContext } from '../define/tool.ts'
import { InvalidRequest } from '../errors.ts'

export const UNPROVIDED: Pick<ToolContext, 'fence' | 'secret' | 'commit'> = {
  fence: 1,
  secret: async (name) => {
    throw new InvalidRequest({ message: `there is no secret ${name} here`, next: 'Give the host a store of secrets.' })
  },
  commit: async () => {
    throw new InvalidRequest({
      message: 'there are no records here to commit to',
      next: "Declare effect: 'table' and run the tool in its agent's process.",
    })
  },
}
