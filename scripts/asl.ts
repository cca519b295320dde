/**
 * Runs state machines from standard input, one case a line, and answers one line each: the contract of a conformance
 * suite for Amazon States Language. Functions behave as the case says; time is virtual.
 */
import { createInterface } from 'node:readline'
import { openHistory } from '../src/engine/history-store.ts'
import { runCase } from './asl/run-case.ts'

for await (const line of createInterface({ input: process.stdin })) {
  if (line.trim() === '') continue
  const history = openHistory({ path: ':memory:', synchronous: 'NORMAL' })
  try {
    console.log(JSON.stringify(await runCase(JSON.parse(line), history)))
  } finally {
    history.close()
  }
}
