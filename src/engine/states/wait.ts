/** Wait: until a point in time that counts from the recorded entry, so that a restart does not wait anew. */
import { numberFault } from '../definition-reader.ts'
import { WAIT_SECONDS } from '../limits.ts'
import type { WaitState } from '../program.ts'
import { parseTimestamp } from '../timestamp.ts'
import type { Outcome, StateRun } from './state-run.ts'

export async function runWait(run: StateRun<WaitState>): Promise<Outcome> {
  const { state, frame, input, entered } = run
  if (frame.peek()?.type !== 'WaitStateExited') await frame.sleepUntil(await wakeAt(run, entered.at))
  return await run.exit(state, input)
}

async function wakeAt(run: StateRun<WaitState>, enteredAt: number): Promise<number> {
  const { seconds, timestamp } = run.state
  const range = { minimum: 0, maximum: WAIT_SECONDS }
  const delay = await run.evaluateNumber(seconds, (value) => numberFault(value, range))
  if (delay !== undefined) return enteredAt + delay * 1_000
  const text = (await run.evaluateText(timestamp)) ?? ''
  const time = parseTimestamp(text)
  if (time === undefined) {
    const sentence = `The Timestamp field cannot be parsed as an ISO-8601 extended offset date-time format string: ${text}`
    throw run.evaluationFailed(sentence, 'Timestamp')
  }
  if (time - enteredAt > WAIT_SECONDS * 1_000) {
    throw run.evaluationFailed(`The Timestamp field is more than ${WAIT_SECONDS} seconds away: ${text}`, 'Timestamp')
  }
  return time
}
