/** 500 workers side by side, each model call taking 50 ms, between a planner and a writer. Against plain promises. */
import { setTimeout as delay } from 'node:timers/promises'
import { figure, heading } from './report.ts'
import { inputOf, measure, median, planFanJoin } from './team.ts'

const WORKERS = 500
const LATENCY_MS = 50
/** plan, one worker, report. */
const CRITICAL_PATH_MS = 3 * LATENCY_MS
const ROUNDS = 5

async function plainPromises(): Promise<number> {
  const started = performance.now()
  await delay(LATENCY_MS)
  await Promise.all(Array.from({ length: WORKERS }, () => delay(LATENCY_MS)))
  await delay(LATENCY_MS)
  return performance.now() - started
}

heading(`${WORKERS} workers at ${LATENCY_MS} ms, plan → workers → report; critical path ${CRITICAL_PATH_MS} ms`)
const team = planFanJoin(WORKERS)
const rounds: Record<'plain' | 'memory' | 'disk', number[]> = { plain: [], memory: [], disk: [] }
for (let round = 0; round <= ROUNDS; round++) {
  const plain = await plainPromises()
  const memory = (await measure(team, inputOf(WORKERS), { latencyMs: LATENCY_MS, memory: true })).ms
  const disk = (await measure(team, inputOf(WORKERS), { latencyMs: LATENCY_MS })).ms
  if (round === 0) continue
  rounds.plain.push(plain)
  rounds.memory.push(memory)
  rounds.disk.push(disk)
}
figure('plain promises', median(rounds.plain) / CRITICAL_PATH_MS, '× critical path')
figure('Baton, in memory', median(rounds.memory) / CRITICAL_PATH_MS, '× critical path', 1.3)
figure('Baton, on disk', median(rounds.disk) / CRITICAL_PATH_MS, '× critical path')
