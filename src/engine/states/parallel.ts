/** Parallel: all branches at once on the same input; the result is the list of their outputs. */
import type { Json } from '../../schema/json.ts'
import type { StoredEvent } from '../events.ts'
import type { ParallelState } from '../program.ts'
import { PayloadTooLarge } from '../recorder.ts'
import { withRecovery } from '../recover.ts'
import { runBranches } from './branches.ts'
import type { Outcome, StateRun } from './state-run.ts'

export function runParallel(run: StateRun<ParallelState>): Promise<Outcome> {
  let succeeded = false
  return withRecovery(run, {
    async attempt() {
      const { frame, state } = run
      const started = frame.take('ParallelStateStarted') ?? (await start(run))
      const input = started.details['input'] as Json
      const branches = state.branches.map((machine, index) => ({ index, machine, input: () => input }))
      const result = await runBranches(branches, {
        frame,
        startedBy: started.id,
        width: branches.length,
        isMap: false,
      })
      frame.record('ParallelStateSucceeded')
      succeeded = true
      return await run.exit(state, result, { result })
    },
    onFailed() {
      if (!succeeded) run.frame.record('ParallelStateFailed')
    },
  })
}

async function start(run: StateRun<ParallelState>): Promise<StoredEvent> {
  const { frame, state, input } = run
  run.throwRecordedFailure()
  await frame.live()
  const given = state.arguments === undefined ? input : await run.evaluate(state.arguments)
  try {
    return frame.record('ParallelStateStarted', { input: given })
  } catch (error) {
    throw error instanceof PayloadTooLarge ? run.tooLarge() : error
  }
}
