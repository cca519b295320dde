/** Layers run one after the other, the parts of each side by side, on a clock that jumps. */
import type { TaskPlan } from '../../../src/schema/task-plan.ts'
import { virtualClock } from '../../../src/testing/virtual-clock.ts'

export interface Ran {
  /** Longest part of each layer, summed as it was waited for; a weight of 1 is one second. */
  readonly seconds: number
  readonly outputs: ReadonlyMap<string, number>
}

/** A part sees what earlier layers put out, in its objective. */
export async function runLayers(
  { parts }: TaskPlan,
  layers: readonly (readonly string[])[],
  work: (objective: string) => number,
): Promise<Ran> {
  const clock = virtualClock(() => true, 0)
  const byId = new Map(parts.map((part) => [part.id, part]))
  const outputs = new Map<string, number>()
  for (const layer of layers) {
    const ended = layer.map(async (id) => {
      const part = byId.get(id)
      if (part === undefined) throw new Error(`no part ${id}`)
      const objective = part.objective.replaceAll(/\$\{([^{}]*)\}/g, (_, used: string) => {
        const output = outputs.get(used)
        if (output === undefined) throw new Error(`${id} runs before ${used} has ended`)
        return String(output)
      })
      await clock.sleep(part.weight * 1_000)
      return [id, work(objective)] as const
    })
    // After all of them, so that no part sees another of its own layer.
    for (const [id, output] of await Promise.all(ended)) outputs.set(id, output)
  }
  return { seconds: clock.now().getTime() / 1_000, outputs }
}
