/** Shows a run while it goes on: a live tree on a terminal, plain lines elsewhere, or JSON Lines. */
import { createLogUpdate } from 'log-update'
import type { RunEvent } from '../schema/run-event.ts'
import { asksPerson, waitingCommand } from './approval-words.ts'
import { clip, formatTokens, formatUsd, jsonText, painter, printable } from './format.ts'
import { renderHead, renderTree } from './render-tree.ts'
import { applyEvent, cutOff, emptyTree, type RunTree } from './run-tree.ts'

export interface Progress {
  readonly tree: RunTree
  event(event: RunEvent): void
  /** Leaves the last picture on the screen. */
  end(): void
}

interface ProgressOptions {
  readonly json: boolean
  readonly output: NodeJS.WriteStream
  readonly now: () => number
  /** What a command to paste needs to find the run. @default '' */
  readonly words?: string
}

/** Redraws a second: enough to look alive, too few to cost anything. */
const REDRAWS_PER_SECOND = 8

export function showProgress(options: ProgressOptions): Progress {
  const tree = emptyTree()
  const show = options.json ? jsonLines(options) : options.output.isTTY ? liveTree(options, tree) : plainLines(options)
  let isOver = false
  return {
    tree,
    event(event) {
      applyEvent(tree, event)
      show.event(event)
    },
    end() {
      if (isOver) return
      isOver = true
      cutOff(tree, options.now())
      show.end()
    },
  }
}

type Show = Pick<Progress, 'event' | 'end'>

function jsonLines({ output }: ProgressOptions): Show {
  return { event: (event) => void output.write(`${jsonText(event)}\n`), end() {} }
}

function liveTree({ output, now }: ProgressOptions, tree: RunTree): Show {
  const update = createLogUpdate(output, { showCursor: true })
  const paint = painter(output)
  const draw = () => {
    const view = { paint, width: output.columns || 80, height: Math.max(5, (output.rows || 24) - 5), now: now() }
    update([...renderHead(tree, view), ...renderTree(tree, view)].join('\n'))
  }
  const timer = setInterval(draw, 1_000 / REDRAWS_PER_SECOND)
  timer.unref()
  return {
    event() {},
    end() {
      clearInterval(timer)
      draw()
      update.done()
    },
  }
}

function plainLines({ output, words = '' }: ProgressOptions): Show {
  return {
    event(event) {
      output.write(`${describeEvent(event)}\n`)
      const command = waitingCommand(event, words)
      if (command !== undefined) output.write(`         decide: ${command}\n`)
    },
    end() {},
  }
}

/** One plain line an event. */
export function describeEvent(event: RunEvent): string {
  return printable(lineOf(event))
}

function lineOf(event: RunEvent): string {
  const time = event.at.slice(11, 19)
  switch (event.type) {
    case 'run.started':
      return `${time} run ${event.runId} ${event.execution > 1 ? `goes on (execution ${event.execution})` : 'started'}: ${event.team}/${event.workflow}, model ${event.model}`
    case 'step.started':
      return `${time} ${event.stepId} started (${event.agent}${event.attempt > 1 ? `, attempt ${event.attempt}` : ''})`
    case 'turn': {
      const tokens = formatTokens(event.inputTokens + event.outputTokens)
      return `${time} ${event.stepId} turn ${event.turn}: ${tokens} tokens, ${formatUsd(event.costUsd)}`
    }
    case 'tool':
      return `${time} ${event.stepId} ${event.tool}: ${event.status}${event.reason ? `, ${clip(event.reason, 120)}` : ''}`
    case 'decision':
      return `${time} ${event.stepId} ${decisionText(event)}`
    case 'rejection':
      return `${time} ${event.stepId} ${event.rule}: ${clip(event.reason, 160)}`
    case 'step.ended':
      return `${time} ${event.stepId} ${event.status}${event.reason ? `: ${clip(event.reason, 160)}` : ''}`
    case 'run.ended':
      return `${time} run ${event.runId} ${event.status}${event.error ? `: ${clip(event.error.message, 200)}` : ''}`
  }
}

function decisionText({ rule, reason, approval }: Extract<RunEvent, { type: 'decision' }>): string {
  const text = clip(reason, 160)
  return asksPerson(rule) && approval !== undefined ? `waits for a person (${approval}): ${text}` : `${rule}: ${text}`
}
