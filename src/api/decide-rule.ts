/**
 * A node `rule` of a workflow: decided by its rule, recorded with the reason, what was considered and the hashes of what went
 * in and came out. Decided once: who asks again is told what is recorded, but for a rule that decided nothing before a
 * person had the run resumed.
 */
import * as z from 'zod'
import { inlineOrReference } from '../agent/inline-or-reference.ts'
import { resolveReferences } from '../agent/resolve-references.ts'
import { NO_USAGE } from '../agent/usage.ts'
import { canonicalJson } from '../audit/canonical.ts'
import type { Clock } from '../clock.ts'
import type { Decision, Rule } from '../coordination/rule.ts'
import { ruleOf } from '../coordination/rules.ts'
import { labelFlow } from '../define/label-flow.ts'
import type { Team } from '../define/team.ts'
import type { RuleNode } from '../define/workflow-node.ts'
import { walk } from '../define/workflow-nodes.ts'
import { Conflict, InvalidRequest, NotFound, RecordsCorrupt } from '../errors.ts'
import type { Artifacts } from '../records/artifacts.ts'
import type { Journal, StepJournal } from '../records/journal.ts'
import type { NewEntry } from '../records/journal-writer.ts'
import type { Records } from '../records/records.ts'
import { runActor } from '../records/run-chain.ts'
import type { Runs } from '../records/runs.ts'
import { type ControlTask, RuleResult } from '../schema/control-task.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import type { Json } from '../schema/json.ts'
import { sha256 } from '../schema/sha256.ts'
import { findWorkflow } from './start-run.ts'

export interface RuleDependencies {
  readonly team: Team
  readonly runs: Pick<Runs, 'read'>
  readonly journal: Pick<Journal, 'readStep' | 'claimAttempt'>
  readonly artifacts: Pick<Artifacts, 'get' | 'put'>
  readonly records: Records
  readonly clock: Clock
  /** Told each row once it is durable. */
  readonly onRow?: ((row: JournalRow, body?: Json) => void) | undefined
}

type Decide = Extract<ControlTask, { readonly task: 'decide' }>

/** Against another process that decides the same. */
const ROUNDS = 3
const REASON_CHARACTERS = 500
const CONSIDERED = 50
const CONSIDERED_CHARACTERS = 200

/**
 * @throws NotFound where the team has no such node or rule; InvalidRequest for an input that the rule cannot take; Conflict
 *   where others go on deciding it; RecordsUnavailable, RecordsCorrupt.
 */
export async function decideRule(task: Decide, dependencies: RuleDependencies): Promise<RuleResult> {
  const { runId, stepId } = task
  const { journal, runs } = dependencies
  const { node, rule } = findRule(task, dependencies.team)
  let made: Made | undefined
  for (let round = 1; round <= ROUNDS; round += 1) {
    const recorded = await journal.readStep(runId, stepId)
    const earlier = resultIn(recorded, task)
    if (earlier !== undefined) return standing(earlier, task, node, rule, dependencies)
    const run = await runs.read(runId)
    if (run === undefined) throw new NotFound({ message: `there is no run ${runId}`, next: 'Start it anew.' })
    made ??= await make(task, node, rule, dependencies)
    const { nextAttempt, head } = recorded
    const actor = {
      ...runActor(run),
      agent: task.workflow as string as ReturnType<typeof runActor>['agent'],
      role: 'rule',
    }
    const claim = { runId, stepId, attempt: nextAttempt, cause: head, execution: task.execution, actor }
    const writer = await journal.claimAttempt({ ...claim, hashes: { input: made.inputSha256 } })
    if (writer instanceof Conflict) continue
    const written = await writer.appendAll(made.rows)
    if (written instanceof Conflict) continue
    for (const [index, row] of [writer.start, ...written].entries()) {
      dependencies.onRow?.(row, made.rows[index - 1]?.body)
    }
    return made.result
  }
  throw new Conflict({
    message: `rule ${node.name} of run ${runId} is being decided by others`,
    next: 'Look at the run in a moment: it goes on with what they record.',
  })
}

interface Made {
  readonly result: RuleResult
  readonly inputSha256: ReturnType<typeof sha256>
  readonly rows: readonly { readonly entry: NewEntry; readonly body?: Json | undefined }[]
}

/** What still stands of what is recorded. */
async function standing(
  earlier: RuleResult,
  task: Decide,
  node: RuleNode,
  rule: Rule,
  dependencies: RuleDependencies,
): Promise<RuleResult> {
  if (rule.recall === undefined || earlier.status !== 'completed') return earlier
  const output = await resolveReferences(earlier.output, task.runId, dependencies.artifacts)
  const { input, options, context } = await readTask(task, node, rule, dependencies)
  const now = await rule.recall(output, input, options, context)
  return resultOf({ output: now, reason: '' }, task, node, dependencies)
}

async function readTask(task: Decide, node: RuleNode, rule: Rule, dependencies: RuleDependencies) {
  const { runId, stepId } = task
  const { artifacts, team, clock, records } = dependencies
  const given = await resolveReferences(task.input, runId, artifacts)
  const accepted = parsed(node.accepts ?? z.unknown(), given, `the input of rule ${node.name}`)
  const input = parsed(rule.input, accepted, `the input of rule ${node.name}`)
  const options = parsed(rule.options, node.options, `the options of rule ${node.name}`)
  const labels = labelFlow(team)(task.workflow, node.name)
  const context = { team: team.name, workflow: task.workflow, runId, stepId, labels, clock, records }
  return { given, input, options, context }
}

async function make(task: Decide, node: RuleNode, rule: Rule, dependencies: RuleDependencies): Promise<Made> {
  const { given, input, options, context } = await readTask(task, node, rule, dependencies)
  const decision = await rule.decide(input, options, context)
  const result = await resultOf(decision, task, node, dependencies)
  const isStopped = result.status === 'stopped'
  const reason = ('stopped' in decision ? decision.stopped.reason : decision.reason).slice(0, REASON_CHARACTERS)
  const inputSha256 = sha256(canonicalJson(given))
  const considered = decision.considered?.slice(0, CONSIDERED).map((one) => one.slice(0, CONSIDERED_CHARACTERS))
  return {
    result,
    inputSha256,
    rows: [
      {
        entry: {
          event: 'decision',
          rule: `rule.${rule.name}`,
          reason,
          ...(considered && { options: considered }),
          ...(!isStopped && { hashes: { output: sha256(canonicalJson(result.output)) } }),
        },
        body: decision.body,
      },
      {
        entry: {
          event: 'outcome',
          status: isStopped ? result.cause : result.status,
          reason,
          total: NO_USAGE,
        },
        body: result as unknown as Json,
      },
    ],
  }
}

/** Held against the schema that the workflow was compiled with, so that no rule can surprise what reads it. */
async function resultOf(
  decision: Decision<unknown>,
  task: Decide,
  node: RuleNode,
  { artifacts }: RuleDependencies,
): Promise<RuleResult> {
  if ('stopped' in decision) return { status: 'stopped', ...decision.stopped }
  const output = parsed(node.output, decision.output, `the output of rule ${node.name}`) as Json
  return (await inlineOrReference(task, output, { artifacts })) as RuleResult
}

function parsed(schema: z.ZodType, value: unknown, what: string): unknown {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  throw new InvalidRequest({
    message: `${what} does not fit:\n${z.prettifyError(result.error)}`,
    next: 'Run it with the team that the run was started with.',
  })
}

function resultIn({ records }: StepJournal, { execution, stepId }: Decide): RuleResult | undefined {
  const last = records.findLast(({ row }) => row.event === 'outcome')
  if (last === undefined) return undefined
  const result = RuleResult.safeParse(last.body)
  if (!result.success) {
    throw new RecordsCorrupt({
      message: `what is recorded of rule ${stepId} is no decision:\n${z.prettifyError(result.error)}`,
      next: 'Restore the data folder from a copy, or start a new run.',
    })
  }
  if (result.data.status === 'completed') return result.data
  const start = records.findLast(({ row }) => row.event === 'start')
  return (start?.row.execution ?? 1) >= execution ? result.data : undefined
}

/** @throws NotFound */
function findRule({ workflow: name, node: nodeName }: Decide, team: Team): { node: RuleNode; rule: Rule } {
  const workflow = findWorkflow(team, name)
  for (const node of walk(workflow.root)) {
    if (node.kind !== 'rule' || node.name !== nodeName) continue
    const rule = ruleOf(node.rule)
    if (rule !== undefined) return { node, rule }
  }
  throw new NotFound({
    message: `workflow ${name} has no rule under the name ${nodeName}`,
    next: 'Run it with the team that the run was started with.',
  })
}
