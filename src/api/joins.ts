/** Where branches of a run came together, and the chains of each: told by the ids of its steps, and its workflow. Pure. */
import type { Team } from '../define/team.ts'
import type { Workflow } from '../define/workflow.ts'
import type { WorkflowNode } from '../define/workflow-node.ts'
import { childrenOf } from '../define/workflow-nodes.ts'
import type { ChainHead } from '../records/chain-heads.ts'
import type { Join } from '../records/run-chain.ts'
import type { Run } from '../schema/run.ts'

/**
 * The outermost ones, in the order of the first of their chains: what came together within a branch is a part of it. None
 * where the team at hand is another than the run's.
 */
export function joinsOf(
  { workflow, teamSha256 }: Run,
  team: Pick<Team, 'workflows' | 'sha256'>,
  heads: readonly ChainHead[],
): Join[] {
  const declared = team.workflows.find(({ name }) => name === workflow)
  if (declared === undefined || teamSha256 !== team.sha256) return []
  const found = new Map<string, { readonly branches: Set<string>; readonly chains: ChainHead[] }>()
  for (const head of heads) {
    const at = joinAround(declared, head.stepId)
    if (at === undefined) continue
    const join = found.get(at.place) ?? { branches: new Set<string>(), chains: [] }
    join.branches.add(at.branch)
    join.chains.push(head)
    found.set(at.place, join)
  }
  return [...found]
    .map(([place, { branches, chains }]) => ({ place, branches: branches.size, chains }))
    .filter(({ branches }) => branches > 1)
}

interface Around {
  readonly place: string
  readonly branch: string
}

/** @param stepId e.g. `refine=2/topics:3/work`: names of nodes, with an item's or a round's number, ending in a step's. */
function joinAround({ root }: Workflow, stepId: string): Around | undefined {
  const [part = '', ...others] = stepId.split('/')
  const name = part.replace(/[:=].*$/, '')
  const way = wayTo(root, name)
  const fork = way.findIndex(({ kind }) => kind === 'parallel')
  const parallel = way[fork]
  if (parallel?.kind === 'parallel') {
    const branch = Object.entries(parallel.branches).find(([, node]) => node === way[fork + 1])
    return branch && { place: parallel.name, branch: branch[0] }
  }
  const node = way.at(-1)
  if (node?.kind === 'forEach' && part.includes(':')) return { place: name, branch: part }
  const below = node?.kind === 'repeat' ? node.body : node?.kind === 'workflow' ? node.workflow.root : undefined
  if (below === undefined || others.length === 0) return undefined
  const within = joinAround({ root: below } as Workflow, others.join('/'))
  return within && { ...within, place: `${part}/${within.place}` }
}

/** The nodes from the outermost one to the one of that name, which ids of steps can begin with. */
function wayTo(node: WorkflowNode, name: string): readonly WorkflowNode[] {
  if (node.kind !== 'sequence' && node.kind !== 'parallel' && node.kind !== 'choose' && node.name === name)
    return [node]
  // What lies within these has ids that begin with their names.
  if (node.kind === 'forEach' || node.kind === 'repeat' || node.kind === 'workflow') return []
  for (const child of childrenOf(node)) {
    const below = wayTo(child, name)
    if (below.length > 0) return [node, ...below]
  }
  return []
}
