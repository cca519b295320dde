/** Workflows that a pattern makes for itself. They belong to every team that has a workflow which uses them. */
import type { Workflow } from './workflow.ts'
import { walk } from './workflow-nodes.ts'

const GENERATED = new WeakSet<Workflow>()

export function generated<W extends Workflow>(workflow: W): W {
  GENERATED.add(workflow)
  return workflow
}

/** Those given and those that patterns in them, and in what they use, have made; each once. */
export function withGenerated(workflows: readonly Workflow[]): readonly Workflow[] {
  const all = [...workflows]
  // Grows while it is gone through; no workflow uses itself.
  for (const workflow of all) {
    for (const node of walk(workflow.root)) {
      if (node.kind !== 'workflow' || !GENERATED.has(node.workflow)) continue
      const { name, sha256 } = node.workflow
      if (!all.some((one) => one.name === name && one.sha256 === sha256)) all.push(node.workflow)
    }
  }
  return all
}
