import type { Agent } from '../define/agent.ts'
import type { Model } from '../models/model.ts'

/**
 * The models that may give an agent's answer, first choice first: none but the server's own where it has a fixed one.
 * @param degraded Whether a limit has brought the step to its cheaper model.
 */
export function candidatesOf({ model }: Agent, { fixedModelId }: Model, degraded: boolean): readonly string[] {
  if (fixedModelId !== undefined) return [fixedModelId]
  if (degraded && model.degradeTo !== undefined) return [model.degradeTo]
  return [model.id, ...model.fallbacks]
}
