/** What there is to compare of a run that a stack has done, in the shape of embedded.ts. */
import { readRows } from '../../../src/api/run-steps.ts'
import type { Json } from '../../../src/schema/json.ts'
import { Reference } from '../../../src/schema/step.ts'
import { runEnded, startRun } from './api.ts'
import { type Stack, stepFunctions, storesOf } from './deployed.ts'
import type { Told } from './embedded.ts'
import { historyOf } from './step-functions.ts'

interface Asked {
  readonly stack: Stack
  readonly workflow: string
  readonly input: Json
  readonly settings?: Json
  readonly timeoutMs?: number
}

export async function runOnAws({ stack, workflow, input, settings, timeoutMs }: Asked): Promise<Told> {
  const { runId } = await startRun(stack, { workflow, input, ...(settings !== undefined && { settings }) })
  await runEnded(stack, runId, timeoutMs)
  return toldOf(stack, runId)
}

export async function toldOf(stack: Stack, runId: string): Promise<Told> {
  const { runs, journal, artifacts } = storesOf(stack)
  const run = await runs.read(runId as Told['run']['runId'])
  if (run === undefined) throw new Error(`run ${runId} has no head`)
  const { lock, workflow, execution } = run
  const machine = lock.workflows[workflow]?.stateMachineArn ?? ''
  const histories = await withChildren(executionArn(machine, `${runId}.${execution}`))
  const reference = Reference.safeParse(run.output)
  return {
    run,
    output: reference.success ? await artifacts.get(run.runId, reference.data) : run.output,
    rows: await readRows(run.runId, journal),
    histories,
  }
}

/** Of a machine's version, too: an execution's ARN names the machine alone. */
export function executionArn(machineArn: string, name: string): string {
  const machine = machineArn.split(':').slice(0, 7).join(':')
  return `${machine.replace(':stateMachine:', ':execution:')}:${name}`
}

async function withChildren(arn: string): Promise<Told['histories'][number][]> {
  const events = await historyOf(stepFunctions, arn)
  const submitted = events.flatMap((event) => {
    const { taskSubmittedEventDetails: details } = event as { taskSubmittedEventDetails?: { output?: string } }
    const output = JSON.parse(details?.output ?? '{}') as { ExecutionArn?: string }
    return output.ExecutionArn === undefined ? [] : [output.ExecutionArn]
  })
  const machine = arn.split(':')[6] ?? ''
  const children = await Promise.all(submitted.map(withChildren))
  return [{ machine, events }, ...children.flat()]
}
