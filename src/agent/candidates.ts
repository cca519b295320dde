import type { Agent } from '../define/agent.ts'
import type { Model } from '../models/model.ts'

/** The models that may give an agent's answer, first choice first: none but the server's own where it has a fixed one. */
export function candidatesOf({ model: { id, fallbacks } }: Agent, { fixedModelId }: Model): readonly string[] {
  return fixedModelId === undefined ? [id, ...fallbacks] : [fixedModelId]
}
