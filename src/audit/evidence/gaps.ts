/** What a run's record cannot show, in words: of every record, and of this one. */
import type { Run } from '../../schema/run.ts'
import type { RunAudit } from '../../schema/run-audit.ts'
import type { AuditVerdict } from '../findings.ts'
import type { AnsweringModel } from './card.ts'

const ALWAYS = [
  'Why a model answered as it did: what went in and what came out is recorded, not what happened between.',
  'What a tool did beyond what it said of itself, and data that it read without naming a source.',
  'Whether whoever acted under the name of a person was that person: the host says so.',
]

/** Adapters that ask no language model. */
const NO_MODELS = ['offline', 'scripted']

export function gapsOf(
  run: Run,
  { rows, bodies }: RunAudit,
  { sealed, status }: AuditVerdict,
  models: readonly AnsweringModel[],
): readonly string[] {
  const gaps: string[] = []
  if (status === 'broken') gaps.push('What happened: the record does not hold, so that nothing in it proves anything.')
  if (sealed.seals === 0) {
    gaps.push('That nobody wrote the record anew: nothing is sealed, so that who may write to it could.')
  } else {
    if (sealed.by.includes('local')) {
      gaps.push(
        'That nobody with this data folder wrote the record anew: the key that sealed it lies in the same folder.',
      )
    }
    gaps.push('Whose the keys of the seals are: compare them with the ones you kept (baton audit verify --key).')
    if (sealed.rows < rows.length)
      gaps.push(`That the last ${rows.length - sealed.rows} rows stand: no seal covers them.`)
  }
  if (run.endedAt === undefined) gaps.push('How it ends: it has not ended.')
  if (run.caller === undefined) gaps.push('Who started it: the host did not know.')
  const stubs = models.filter(({ provider }) => NO_MODELS.includes(provider)).map(({ provider }) => provider)
  if (stubs.length > 0)
    gaps.push(`What a language model would do: ${[...new Set(stubs)].join(', ')} answered in its place.`)
  if (models.some(({ costUsd }) => costUsd === null)) gaps.push('What it cost: the price of a model was not known.')
  const wanted = new Set(rows.flatMap(({ bodySha256 }) => bodySha256 ?? []))
  const missing = [...wanted].filter((sha256) => bodies !== undefined && !Object.hasOwn(bodies, sha256)).length
  if (missing > 0)
    gaps.push(`The words of ${missing} of ${wanted.size} contents: they were erased; their hashes stand.`)
  return [...gaps, ...ALWAYS]
}
