/** What `baton explain` reads: the record of a run, where it is kept or in an export, and what else is known of the run. */
import { readFileSync } from 'node:fs'
import { wholeAudit } from '../api/run-audit.ts'
import type { AuditRecord } from '../audit/explain/timeline.ts'
import { parseExport } from '../audit/export-format.ts'
import type { Team } from '../define/team.ts'
import type { Workflow } from '../define/workflow.ts'
import { InvalidRequest } from '../errors.ts'
import { RUN_CHAIN } from '../records/run-chain.ts'
import type { EffectView } from '../schema/effect.ts'
import type { Run } from '../schema/run.ts'
import { compile } from '../workflow/compile.ts'
import type { Parsed } from './command.ts'
import { loadTeam } from './load-team.ts'
import { openPlace, runIdOf } from './place.ts'
import { text } from './session.ts'

export interface ExplainedRun {
  readonly audit: AuditRecord
  /** Absent: it is read from an export. */
  readonly run?: Run
  /** By the ledger; none are known of an export. */
  readonly effects: readonly EffectView[]
  /** Absent: there is no team file at hand. */
  readonly team?: Team | undefined
  /** As it ran; absent where the team at hand has it in another version, or there is none. */
  readonly workflow?: Workflow | undefined
}

/** @throws InvalidRequest for a file that is no export; NotFound */
export async function explainedRun({ values, positionals }: Parsed): Promise<ExplainedRun> {
  const file = text(values, 'export')
  if (file === undefined) return keptRun(positionals[0], values)
  if (positionals[0] !== undefined) {
    throw new InvalidRequest({ message: 'An export holds one run', next: 'Give RUN or --export FILE, not both.' })
  }
  const named = text(values, 'team')
  const team = named === undefined ? undefined : (await loadTeam(named)).team
  const { audit } = parseExport(readText(file))
  const ran = audit.rows.find(({ stepId, event }) => stepId === RUN_CHAIN && event === 'start')?.actor
  const workflow = team?.workflows.find(
    ({ name, version }) => name === (ran?.agent as string) && version === ran?.version,
  )
  return { audit, effects: [], team, workflow }
}

async function keptRun(word: string | undefined, values: Parsed['values']): Promise<ExplainedRun> {
  const place = await openPlace(values)
  const runId = await runIdOf(word, place)
  const { run } = await place.runs.read(runId)
  const audit = await wholeAudit(runId, place.runs.audit, { bodies: 'true' })
  const { effects } = await place.runs.effects(runId)
  // A team that was named has to be there; the one that the run was started with may be gone.
  const team = await place.teamOf(run).catch((error) => {
    if (text(values, 'team') !== undefined) throw error
    return undefined
  })
  const workflow = team && workflowOf(run, team)
  return { audit, run, effects, team, workflow }
}

/** Only where the workflow, and each that it uses, compile to what ran: a name and a version can be given to anything. */
function workflowOf({ workflow, lock }: Run, team: Team): Workflow | undefined {
  const compiled = compile(team)
  const isSame = Object.entries(lock.workflows).every(([name, { sha256 }]) => compiled.get(name)?.sha256 === sha256)
  return isSame ? team.workflows.find(({ name }) => name === workflow) : undefined
}

/** @throws InvalidRequest */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new InvalidRequest({
      message: `${file} cannot be read: ${(error as Error).message}`,
      next: 'Name a file that there is.',
      cause: error,
    })
  }
}
