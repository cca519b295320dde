/** What a `table` tool commits → writes of the records. The tool's items live under its own name, with a version each. */

import type { TableWrite } from '../define/tool.ts'
import { assertNever } from '../errors.ts'
import type { Condition, Key, Write } from '../records/records.ts'

/** Partition of a tool's items. An item's attributes: `value`, and `version`, which each write adds 1 to. */
export function tablePartition(tool: string): string {
  return `TOOL#${tool}`
}

export function tableWrite(tool: string, write: TableWrite): Write {
  const condition = conditionOf(write.if)
  if ('remove' in write) return { kind: 'delete', key: keyOf(tool, write.remove), condition }
  // An update, so that the version goes up by itself.
  return { kind: 'update', key: keyOf(tool, write.put), condition, set: { value: write.value }, add: { version: 1 } }
}

function keyOf(tool: string, sort: string): Key {
  return { partition: tablePartition(tool), sort }
}

function conditionOf(when: TableWrite['if']): Condition {
  if (when === 'absent' || when === 'exists') return { kind: when }
  if (typeof when === 'object') return { kind: 'equals', attribute: 'version', value: when.version }
  return assertNever(when)
}
