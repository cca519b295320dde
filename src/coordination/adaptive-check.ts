/** `adaptive.check`: a plan is carried out whole or not at all. What is wrong with it goes back to the planner, twice. */
import * as z from 'zod'
import {
  type CheckedTaskPlan,
  Envelope,
  type RefusedTaskPlan,
  TaskPlan,
  type TaskPlan as TaskPlanType,
} from '../schema/adaptation.ts'
import type { Json } from '../schema/json.ts'
import { checkTaskPlan } from '../topology/check-plan.ts'
import type { Decision } from './rule.ts'

const Options = z.strictObject({
  members: z.array(z.string()).min(1),
  envelope: Envelope,
  /** Times that a plan goes back to the planner. */
  repairs: z.int().nonnegative(),
})
type Options = z.output<typeof Options>

const Input = z.strictObject({ plan: TaskPlan, attempt: z.int().positive() })
type Input = z.output<typeof Input>

const PROBLEMS = 20
const PROBLEM_CHARACTERS = 300
/** Of the plan that goes back, bytes of JSON: it stays inside the state. */
const REFUSED_BYTES = 8 * 1024

/** Gives `CheckedTaskPlan`, or stops as `undecided`. */
export const adaptiveCheck = {
  name: 'adaptive.check',
  options: Options,
  input: Input,
  decide({ plan, attempt }: Input, { members, envelope, repairs }: Options): Decision<CheckedTaskPlan> {
    const faults = checkTaskPlan(plan, { agents: members, ...envelope }, { sinks: 'any' })
    const considered = faults.map(({ rule, path, message }) => `${rule} at ${path}: ${message}`)
    const body = { plan } as unknown as Json
    const [first] = faults
    if (first === undefined) {
      const output = { isAccepted: true, plan, refused: null }
      return {
        output,
        reason: `the plan is carried out, parts: ${plan.parts.map(({ id }) => id).join(', ')}`,
        considered,
        body,
      }
    }
    if (attempt <= repairs) {
      const output = { isAccepted: false, plan: null, refused: refusedOf(plan, faults) }
      return { output, reason: `the plan goes back to the planner: ${first.message}`, considered, body }
    }
    const reason = `no plan fits the envelope after ${repairs} repairs, so nothing was done: ${first.message}`
    const next = 'See the problems in the record of this rule; change the request, the members or the envelope.'
    return { stopped: { cause: 'undecided', reason, next }, considered, body }
  },
}

function refusedOf(plan: TaskPlanType, faults: readonly { readonly message: string }[]): RefusedTaskPlan {
  const problems = faults.slice(0, PROBLEMS).map(({ message }) => message.slice(0, PROBLEM_CHARACTERS))
  return { problems, plan: Buffer.byteLength(JSON.stringify(plan)) <= REFUSED_BYTES ? plan : null }
}
