/** `readAudit`: the audit record of a run, chain by chain, without judging it: that is for whoever verifies. */
import { InvalidRequest, ignoreNotFound, RecordsCorrupt } from '../errors.ts'
import type { Artifacts } from '../records/artifacts.ts'
import { RUN_CHAIN } from '../records/run-chain.ts'
import type { SealStore } from '../records/seals.ts'
import type { RunId, StepId } from '../schema/ids.ts'
import type { JournalRow } from '../schema/journal-row.ts'
import type { Json } from '../schema/json.ts'
import type { AuditPage, AuditQuery, RunAudit, Seal, SealKey, Unreadable } from '../schema/run-audit.ts'
import type { Reference } from '../schema/step.ts'
import { type ReadDependencies, readHead } from './read-run.ts'

export interface AuditDependencies extends ReadDependencies {
  readonly artifacts: Pick<Artifacts, 'get'>
  readonly seals: Pick<SealStore, 'list'>
  /** Public keys that its seals may be signed with. */
  readonly sealKeys: () => Promise<readonly SealKey[]>
}

/** Rows of a page at most, but for the last chain, which is whole. */
const PAGE_ROWS = 1_000
/** Likewise of its content: characters of JSON. */
const PAGE_BYTES = 2 * 1024 * 1024

/** @throws NotFound; InvalidRequest for a cursor that was not given out. */
export async function readAudit(
  runId: RunId,
  { after, bodies: wanted }: AuditQuery,
  dependencies: AuditDependencies,
): Promise<AuditPage> {
  await readHead(runId, dependencies)
  const { journal } = dependencies
  const isFirst = after === undefined
  const unreadable: Unreadable[] = []
  // Before the rows: what is sealed meanwhile is of rows that are read then.
  const seals = await unlessDamaged(dependencies.seals.list(runId), [], isFirst ? unreadable : [])
  const withBodies = wanted === 'true'
  const rows: JournalRow[] = []
  const bodies: Record<string, Json> = {}
  const stepIds = await stepsOf(runId, seals, dependencies)
  const from = after === undefined ? 0 : stepIds.indexOf(after as StepId)
  let next: string | undefined
  let bytes = 0
  for (const stepId of from < 0 ? [] : stepIds.slice(from)) {
    if (rows.length >= PAGE_ROWS || bytes >= PAGE_BYTES) {
      next = stepId
      break
    }
    for (const { records } of await unlessDamaged(journal.readChains(runId, stepId), [], unreadable, stepId)) {
      for (const { row, body, bodyReference } of records) {
        rows.push(row)
        if (!withBodies || row.bodySha256 === undefined) continue
        const stored = bodyReference && contentOf(runId, bodyReference, dependencies)
        const content = stored === undefined ? body : await unlessDamaged(stored, undefined, unreadable)
        if (content === undefined) continue
        bodies[row.bodySha256] = content
        bytes += JSON.stringify(content).length
      }
    }
  }
  if (from < 0) {
    throw new InvalidRequest({ message: 'after: it is no `next` of a page', next: 'Begin again without `after`.' })
  }
  return {
    runId,
    rows,
    seals: isFirst ? [...seals] : [],
    keys: isFirst ? [...(await dependencies.sealKeys())] : [],
    ...(withBodies && { bodies }),
    ...(unreadable.length > 0 && { unreadable }),
    ...(next !== undefined && { next }),
  }
}

/** The run's own chain first, then the steps: those of the index, which lags, and those that the run or its seals name. */
async function stepsOf(
  runId: RunId,
  seals: readonly Seal[],
  { journal }: Pick<AuditDependencies, 'journal'>,
): Promise<readonly StepId[]> {
  // Where it cannot be read, the page that has it says so.
  const own = (await unlessDamaged(journal.readChains(runId, RUN_CHAIN), [], [])).flatMap(({ records }) => records)
  const stepIds = new Set<StepId>()
  for await (const { stepId } of journal.listChains(runId)) stepIds.add(stepId)
  for (const { row } of own) for (const { stepId } of row.chains ?? []) stepIds.add(stepId)
  for (const { chains } of seals) for (const { stepId } of chains) stepIds.add(stepId)
  stepIds.delete(RUN_CHAIN)
  return [RUN_CHAIN, ...[...stepIds].toSorted((one, other) => (one < other ? -1 : 1))]
}

/** undefined: it has been erased. @throws RecordsCorrupt where it is not what was put there. */
function contentOf(runId: RunId, reference: Reference, { artifacts }: AuditDependencies): Promise<Json | undefined> {
  return artifacts.get(runId, reference).catch(ignoreNotFound)
}

/** For one part of the record; the others are read all the same. */
async function unlessDamaged<Part>(
  part: Promise<Part>,
  otherwise: Part,
  unreadable: Unreadable[],
  stepId?: StepId,
): Promise<Part> {
  try {
    return await part
  } catch (error) {
    if (!(error instanceof RecordsCorrupt)) throw error
    unreadable.push({ ...(stepId !== undefined && { stepId }), what: error.message })
    return otherwise
  }
}

export interface WholeAuditOptions extends Pick<AuditQuery, 'bodies'> {
  /** Whether what cannot be read is to be told, too: for who judges the record, instead of following it. @default false */
  readonly withUnreadable?: boolean
}

/** All pages of a run's audit record as one. @throws RecordsCorrupt where some of it cannot be read, unless that is to be told. */
export async function wholeAudit(
  runId: RunId,
  read: (runId: RunId, query: AuditQuery) => Promise<AuditPage>,
  { withUnreadable = false, ...query }: WholeAuditOptions = {},
): Promise<RunAudit> {
  const { next, ...whole } = await read(runId, query)
  const bodies = { ...whole.bodies }
  const rows = [...whole.rows]
  const unreadable = [...(whole.unreadable ?? [])]
  let after = next
  while (after !== undefined) {
    const page = await read(runId, { ...query, after })
    rows.push(...page.rows)
    Object.assign(bodies, page.bodies)
    unreadable.push(...(page.unreadable ?? []))
    after = page.next
  }
  const [first] = unreadable
  if (first !== undefined && !withUnreadable) {
    throw new RecordsCorrupt({ message: first.what, next: `See what else is damaged: baton audit verify ${runId}` })
  }
  return { ...whole, rows, ...(query.bodies === 'true' && { bodies }), ...(first && { unreadable }) }
}
