/** 500 workers side by side between a planner and a writer, by how long a model takes to answer. Against plain promises. */
import { setTimeout as delay } from 'node:timers/promises'
import { figure, heading } from './report.ts'
import { inputOf, measure, median, planFanJoin } from './team.ts'

const WORKERS = 500
/** From a model that is next to nothing to one that writes a page. */
const LATENCIES_MS = [50, 500, 2_000]

const team = planFanJoin(WORKERS)
for (const latencyMs of LATENCIES_MS) {
  // plan, one worker, report
  const criticalPathMs = 3 * latencyMs
  const rounds: Record<'plain' | 'memory' | 'disk', number[]> = { plain: [], memory: [], disk: [] }
  const count = latencyMs < 500 ? 5 : 2
  heading(`${WORKERS} workers at ${latencyMs} ms, plan → workers → report; critical path ${criticalPathMs} ms`)
  for (let round = 0; round <= count; round++) {
    const plain = await plainPromises(latencyMs)
    const memory = (await measure(team, inputOf(WORKERS), { latencyMs, memory: true })).ms
    const disk = (await measure(team, inputOf(WORKERS), { latencyMs })).ms
    // The first one warms up.
    if (round === 0) continue
    rounds.plain.push(plain)
    rounds.memory.push(memory)
    rounds.disk.push(disk)
  }
  figure('plain promises', median(rounds.plain) / criticalPathMs, '× critical path')
  figure('Baton, in memory', median(rounds.memory) / criticalPathMs, '× critical path', 1.3)
  figure('Baton, on disk', median(rounds.disk) / criticalPathMs, '× critical path')
}

async function plainPromises(latencyMs: number): Promise<number> {
  const started = performance.now()
  await delay(latencyMs)
  await Promise.all(Array.from({ length: WORKERS }, () => delay(latencyMs)))
  await delay(latencyMs)
  return performance.now() - started
}
