/**
 * The states around a step whose agent may ask a person: a request that waits for a decision, and what stands where nobody
 * decided in time. Both lead back to the step, which gets the decision as a part of its input.
 */
import { CANCELLED_ERROR } from '../schema/step.ts'
import type { AslChoice } from './asl.ts'
import { controlTask, requestTask } from './control-states.ts'
import { evaluated, literal } from './jsonata-text.ts'
import type { Place } from './place.ts'

/** How often one step may ask: as many calls of tools, say, can be put before a person. */
export const MAX_ASKS = 20

const INPUT = '$states.input'
const ASKED = `$sum([${INPUT}.asked])`
/** What travels from state to state until the step is done. */
const COUNTERS = `"again": ${INPUT}.again`

/** Of the step's payload. */
export const DECISION = evaluated(`$exists(${INPUT}.decision) ? ${INPUT}.decision : null`)
/** Of what the step's state puts out, beside the agent's answer. */
export const KEPT_OF_ASKS = `"asked": ${INPUT}.asked, "decision": ${INPUT}.decision`

/**
 * The rule that sends a step's question on. @param entry The state that invokes the agent. @param path Of the step ids here.
 */
export function compileAsks(name: string, entry: string, { scope, path }: Place): AslChoice {
  const approval = scope.name(`${name}: approval`)
  const expired = scope.name(`${name}: expired`)
  const counters = `${COUNTERS}, "asked": ${ASKED} + 1`
  const noDecision = { Output: evaluated(`{${counters}}`), Next: entry }
  const request = `"approvalId": ${INPUT}.request.approvalId`

  scope.add(approval, {
    ...requestTask(
      scope,
      { task: 'requestApproval', request: evaluated(`${INPUT}.request`) },
      evaluated(`${INPUT}.seconds`),
    ),
    Catch: [
      { ErrorEquals: ['States.Timeout'], Output: evaluated(`{${request}, ${counters}}`), Next: expired },
      // The step sees for itself that the run is cancelled, and says so.
      { ErrorEquals: [CANCELLED_ERROR], ...noDecision },
    ],
    Output: evaluated(`{"decision": $states.result, ${counters}}`),
    Next: entry,
  })
  scope.add(expired, {
    ...controlTask(scope, {
      task: 'expireApproval',
      runId: evaluated(scope.read('run', ['id'])),
      approvalId: evaluated(`${INPUT}.approvalId`),
      stepId: evaluated(scope.stepId(name, path)),
    }),
    Output: evaluated(`{"decision": $states.result.Payload, ${COUNTERS}, "asked": ${INPUT}.asked}`),
    Next: entry,
  })
  return {
    Condition: evaluated(`${INPUT}.status = ${literal('approval')} and ${ASKED} < ${MAX_ASKS}`),
    Next: approval,
  }
}
