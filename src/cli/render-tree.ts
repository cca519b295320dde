/** The tree of a run as lines of text, for a terminal. */
import { clip, formatDuration, formatTokens, formatUsd, plural, printable } from './format.ts'
import { flatten, type RunTree, type StepNode, type StepState } from './run-tree.ts'

type Paint = (style: 'green' | 'red' | 'yellow' | 'cyan' | 'dim' | 'bold', text: string) => string

interface View {
  readonly paint: Paint
  readonly width: number
  /** Lines at most; finished groups are folded first. */
  readonly height: number
  readonly now: number
}

/** The run as a whole: which one it is, and what it used so far. None before it has begun. */
export function renderHead(tree: RunTree, { paint, width, now }: View): string[] {
  if (tree.runId === '') return []
  const steps = [...tree.steps.values()]
  const sum = (of: (step: StepState) => number) => steps.reduce((total, step) => total + of(step), 0)
  const facts = [
    `${tree.team}/${tree.workflow}`,
    plural(
      sum((step) => step.turns),
      'turn',
    ),
    `${formatTokens(sum((step) => step.inputTokens + step.outputTokens))} tok`,
    formatUsd(steps.some((step) => step.costUsd === null) ? null : sum((step) => step.costUsd ?? 0)),
    formatDuration((tree.endedAt ?? now) - tree.startedAt),
  ]
  const head = `run ${tree.runId}`
  return [`${paint('bold', head)}  ${paint('dim', clip(facts.join(' · '), width - head.length - 3))}`]
}

/** Status by sign and word, never by colour alone. */
const SIGNS: Readonly<Record<string, readonly [string, Parameters<Paint>[0]]>> = {
  running: ['◐', 'cyan'],
  completed: ['✔', 'green'],
}

export function renderTree(tree: RunTree, view: View): string[] {
  const lines = [...renderChildren(tree.root, '', view)]
  if (lines.length <= view.height) return lines
  return renderFolded(tree, view)
}

function* renderChildren(node: StepNode, indent: string, view: View): Generator<string> {
  const children = [...node.children.values()]
  for (const [i, child] of children.entries()) {
    const last = i === children.length - 1
    const { label, node: shown } = flatten(child)
    const branch = indent === '' && node.path === '' ? '' : last ? '└─ ' : '├─ '
    yield renderLine(`${indent}${branch}`, label, shown.step, view)
    const inner = branch === '' ? ' ' : `${indent}${last ? '   ' : '│  '}`
    yield* renderChildren(shown, inner, view)
  }
}

function renderLine(lead: string, name: string, step: StepState | undefined, { paint, width, now }: View): string {
  const label = printable(name)
  if (!step) return `${paint('dim', lead)}${paint('bold', label)}`
  const [sign, colour] = SIGNS[step.status] ?? (['✖', 'red'] as const)
  const parts = [
    step.status === 'completed' ? '' : step.status,
    step.agent === label.split(' ').at(-1) ? '' : step.agent,
    step.attempt > 1 ? plural(step.attempt, 'attempt') : '',
    plural(step.turns, 'turn'),
    step.toolCalls > 0 ? plural(step.toolCalls, 'tool call') : '',
    `${formatTokens(step.inputTokens + step.outputTokens)} tok`,
    formatUsd(step.costUsd),
    step.status !== 'running' && step.endedAt === undefined
      ? ''
      : formatDuration((step.endedAt ?? now) - step.startedAt),
    ...(step.artifacts ?? []).map(artifactWords),
  ].filter((part) => part !== '')
  const head = `${lead}${sign} ${label}`
  const facts = clip(parts.join(' · '), width - head.length - 3)
  const room = width - head.length - facts.length - 6
  const note = step.note && room > 10 ? ` · ${clip(step.note, room)}` : ''
  return `${paint('dim', lead)}${paint(colour, sign)} ${label}  ${paint('dim', facts + note)}`
}

/** Of what an artifact's hash begins with: enough to find the file. */
const HASH_CHARACTERS = 12

export function artifactWords(reference: string): string {
  return `artifact ${reference.slice('sha256:'.length, 'sha256:'.length + HASH_CHARACTERS)}`
}

/** Too many steps for the screen: one line a group with counts, then what is running now. */
function renderFolded(tree: RunTree, view: View): string[] {
  const lines = [...tree.root.children.values()].map((group) => {
    const steps = stepsBelow(group)
    const count = (status: string) => steps.filter((step) => step.status === status).length
    const running = count('running')
    const done = count('completed')
    const stopped = steps.length - running - done
    const sign = running > 0 ? view.paint('cyan', '◐') : stopped > 0 ? view.paint('red', '✖') : view.paint('green', '✔')
    const facts = [`${done} done`, running ? `${running} running` : '', stopped ? `${stopped} stopped` : '']
    return `${sign} ${printable(group.label)}  ${view.paint('dim', facts.filter(Boolean).join(' · '))}`
  })
  const running = [...tree.steps].filter(([, step]) => step.status === 'running')
  const room = Math.max(0, view.height - lines.length)
  for (const [stepId, step] of running.slice(0, room)) lines.push(renderLine('  ', stepId, step, view))
  return lines.slice(0, view.height)
}

function stepsBelow(node: StepNode): StepState[] {
  const below = [...node.children.values()].flatMap(stepsBelow)
  return node.step ? [node.step, ...below] : below
}
