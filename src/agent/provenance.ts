/**
 * What a step has read: the labels of it, and whose messages. The fold of its journal, like the rest of its state. What a
 * turn's calls give counts from the next turn on: the model had not seen it when it asked for the others.
 */
import type { Tool } from '../define/tool.ts'
import { labelsGiven } from '../define/tool-policy.ts'
import { type Label, UNTRUSTED } from '../schema/label.ts'
import type { ToolResult } from '../schema/tool-call.ts'
import { labelsOfMemory } from './memory-calls.ts'
import { messagesRead } from './messages.ts'
import { labelsOfState } from './state-calls.ts'

export interface Provenance {
  /** Label → the turn that read it first; 0: it came with the input. */
  readonly labels: Map<Label, number>
  /** Agent → the turn that first read what it wrote, or what was written on its behalf. */
  readonly senders: Map<string, number>
}

export function newProvenance(inputLabels: readonly Label[] = []): Provenance {
  return { labels: new Map(inputLabels.map((label) => [label, 0])), senders: new Map() }
}

/** @param tool undefined: no tool of the agent, so that it gave nothing but words of ours. */
export function addRead(
  { labels, senders }: Provenance,
  turn: number,
  name: string | undefined,
  tool: Tool | undefined,
  result: ToolResult,
): void {
  const read = messagesRead(name, result)
  for (const label of [
    ...labelsGiven(tool ?? {}),
    ...read.labels,
    ...labelsOfState(name, result),
    ...labelsOfMemory(name, result),
  ]) {
    if (!labels.has(label)) labels.set(label, turn)
  }
  for (const sender of read.senders) if (!senders.has(sender)) senders.set(sender, turn)
}

/** What had been read when the answer of that turn was given, in order. */
export function readBefore(read: ReadonlyMap<string, number>, turn: number): readonly string[] {
  return [...read]
    .filter(([, first]) => first < turn)
    .map(([name]) => name)
    .sort()
}

/** All of it, in order. */
export function labelsOf({ labels }: Provenance): readonly Label[] {
  return [...labels.keys()].sort()
}

/** As messages and writes to shared state carry them: what strangers wrote is told apart from the rest. */
export function carried(provenance: Provenance): { readonly isTainted: boolean; readonly labels?: readonly Label[] } {
  const others = labelsOf(provenance).filter((label) => label !== UNTRUSTED)
  return { isTainted: provenance.labels.has(UNTRUSTED), ...(others.length > 0 && { labels: others }) }
}
