/**
 * Named places around durable writes, where fault tests kill the process. In production a crash point is one comparison.
 */
import { environment } from './config.ts'

/** `before`: nothing is written yet. `after`: written, nobody told. */
export const CRASH_POINTS = [
  'run.start.before',
  'run.start.after',
  'run.fork.before',
  'run.fork.after',
  'engine.commit.before',
  'engine.commit.after',
  'journal.start.before',
  'journal.start.after',
  'journal.turn.before',
  'journal.turn.after',
  'journal.tool.before',
  'journal.tool.after',
  'journal.outcome.before',
  'journal.outcome.after',
  'journal.decision.before',
  'journal.decision.after',
  'ledger.claim.before',
  'ledger.claim.after',
  'ledger.act.after',
  'ledger.settle.before',
  'ledger.settle.after',
  'ledger.doubt.before',
  'ledger.doubt.after',
  'ledger.release.before',
  'ledger.release.after',
  'budget.draw.before',
  'budget.draw.after',
  'budget.reserve.before',
  'budget.reserve.after',
  'budget.close.before',
  'budget.close.after',
  'budget.raise.before',
  'budget.raise.after',
  'seal.write.before',
  'seal.write.after',
  'breaker.write.before',
  'breaker.write.after',
  'approval.request.before',
  'approval.request.after',
  'approval.decide.before',
  'approval.decide.after',
  'approval.send.before',
  'approval.send.after',
  'brake.write.before',
  'brake.write.after',
  'calibration.write.before',
  'calibration.write.after',
  'board.write.before',
  'board.write.after',
  'message.send.before',
  'message.send.after',
  'message.claim.before',
  'message.claim.after',
  'message.acknowledge.before',
  'message.acknowledge.after',
  'state.write.before',
  'state.write.after',
  'memory.remember.before',
  'memory.remember.after',
  'memory.forget.before',
  'memory.forget.after',
  'artifact.put.before',
  'artifact.put.after',
  'bundle.write.before',
  'bundle.write.after',
  'run.end.before',
  'run.end.after',
  'version.register.before',
  'version.register.after',
  'release.publish.before',
  'release.publish.after',
  'release.move.before',
  'release.move.after',
  'release.count.before',
  'release.count.after',
] as const
export type CrashPoint = (typeof CRASH_POINTS)[number]

const arrivals = new Map<CrashPoint, number>()

export function crashPoint(name: CrashPoint): void {
  const wanted = environment().BATON_CRASH_AT
  if (wanted === undefined) return
  const [point, nth = '1'] = wanted.split(':')
  if (point !== name) return
  const arrival = (arrivals.get(name) ?? 0) + 1
  arrivals.set(name, arrival)
  if (arrival === Number(nth)) process.kill(process.pid, 'SIGKILL')
}
