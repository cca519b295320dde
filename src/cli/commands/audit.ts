/** `baton audit`: the evidence of a run, to be taken away, and judged wherever it is. */
import { createPublicKey } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { wholeAudit } from '../../api/run-audit.ts'
import { exportLines, parseExport } from '../../audit/export-format.ts'
import type { AuditVerdict, Finding, VerifiedHead } from '../../audit/findings.ts'
import { compareLogs, type LogComparison } from '../../audit/log-lines.ts'
import { keyIdOf } from '../../audit/seal.ts'
import { verifyRun } from '../../audit/verify-run.ts'
import { systemClock } from '../../clock.ts'
import { sealRun } from '../../engine/host-seal.ts'
import { InvalidRequest, NotFound } from '../../errors.ts'
import type { RunAudit, SealKey } from '../../schema/run-audit.ts'
import { type Command, EXIT, JSON_OPTION, type Parsed } from '../command.ts'
import { jsonText, painter, plural, printable } from '../format.ts'
import { localPlace } from '../local-place.ts'
import { openPlace, runIdOf } from '../place.ts'
import { REMOTE_OPTIONS, remoteTarget } from '../remote/remote-target.ts'
import { DATA_OPTION, openExistingData, text } from '../session.ts'

/** `baton audit export|verify|seal|key` */
export const audit: Command = {
  name: 'audit',
  summary: 'Exports the audit record of a run, verifies one, or seals it.',
  usage: 'export RUN [--out FILE] | verify RUN|FILE [--key FILE] [--logs FILE] | seal RUN | key RUN',
  details:
    'export  one file with every row, seal and public key. --bodies adds the content beside the rows.\nverify  intact, or what is wrong and where. A file needs nothing else: no data folder, no account. Give --key, the public\n        key as you kept it: the one inside the record shows only that the record agrees with itself. --logs holds lines of\n        the log against the rows: the output of aws logs filter-log-events, of a Logs Insights query, or JSON Lines.\n        Exit code 1 where it is not intact.\nseal    signs what is not sealed yet, with the key of the data folder.\nkey     prints the public keys that the run was sealed with, to be kept elsewhere.',
  positionals: 2,
  options: async () => ({
    out: { type: 'string', hint: 'FILE', description: 'export: where to. Default: standard output' },
    bodies: { type: 'boolean', description: 'export: with content (prompts, answers, results)' },
    key: { type: 'string', hint: 'FILE', description: 'verify: the public key (PEM) to be trusted' },
    logs: { type: 'string', hint: 'FILE', description: 'verify: lines of the log to hold against the rows' },
    ...DATA_OPTION,
    ...REMOTE_OPTIONS,
    ...JSON_OPTION,
  }),
  async run({ values, positionals }) {
    const [verb, word] = positionals
    if (verb === 'export') return exportRun(word, values)
    if (verb === 'verify') return verify(word, values)
    if (verb === 'seal') return seal(word, values)
    if (verb === 'key') return printKeys(word, values)
    throw new InvalidRequest({
      message: `baton audit knows export, verify, seal and key, not ${JSON.stringify(verb ?? '')}`,
      next: 'baton audit --help',
    })
  },
}

type Values = Parsed['values']

async function exportRun(word: string | undefined, values: Values): Promise<number> {
  const place = await openPlace(values)
  const runId = await runIdOf(word, place)
  const record = await wholeAudit(runId, place.runs.audit, {
    bodies: values['bodies'] ? 'true' : 'false',
    withUnreadable: true,
  })
  const lines = `${[...exportLines(record, new Date().toISOString())].join('\n')}\n`
  const out = text(values, 'out')
  if (out === undefined) {
    process.stdout.write(lines)
    return EXIT.ok
  }
  writeFileSync(out, lines)
  const counted = { rows: record.rows.length, seals: record.seals.length }
  const told = `run ${runId}: ${plural(counted.rows, 'row')}, ${plural(counted.seals, 'seal')} → ${printable(out)}`
  const next = `next  baton audit verify ${printable(out)} --key FILE`
  process.stdout.write(values['json'] ? `${jsonText({ runId, out, ...counted })}\n` : `${told}\n${next}\n`)
  return EXIT.ok
}

interface Subject {
  readonly audit: RunAudit
  readonly head?: VerifiedHead
  /** Of the file itself. */
  readonly findings: readonly Finding[]
  /** When its rows were read. */
  readonly readAt: string
}

async function verify(word: string | undefined, values: Values): Promise<number> {
  const { audit: record, head, findings, readAt } = await subjectOf(word, values)
  const keys = trustedKeys(values, record)
  const verdict = verifyRun(record, { ...(keys && { keys }), ...(head && { head }) })
  const logFile = text(values, 'logs')
  const logs = logFile === undefined ? undefined : compareLogs(contentOf(logFile), record, readAt)
  const all = [...findings, ...verdict.findings, ...(logs?.findings ?? [])]
  const whole: AuditVerdict = { ...verdict, status: all.length === 0 ? 'intact' : 'broken', findings: all }
  const { runId } = record
  process.stdout.write(
    values['json']
      ? `${jsonText({ runId, ...whole, ...(logs && { logs: { ...logs, findings: undefined } }) })}\n`
      : `${render(runId, whole, keys !== undefined, logs)}\n`,
  )
  return whole.status === 'intact' ? EXIT.ok : EXIT.runFailed
}

/** No run id has a dot or a slash in it. */
async function subjectOf(word: string | undefined, values: Values): Promise<Subject> {
  if (word !== undefined && (/[./\\]/.test(word) || existsSync(word))) {
    const { audit: record, findings, exportedAt } = parseExport(contentOf(word))
    return { audit: record, findings, readAt: exportedAt }
  }
  const place = await openPlace(values)
  const runId = await runIdOf(word, place)
  // Before the rows, which may only grow meanwhile. Where they are damaged, a run cannot be shown: the rows then tell why.
  const shown = await place.runs.read(runId).catch(() => undefined)
  const readAt = new Date().toISOString()
  // Content is held against its hash where it is read: it need not come along.
  const record = await wholeAudit(runId, place.runs.audit, { withUnreadable: true })
  return { audit: record, ...(shown && { head: shown.run }), findings: [], readAt }
}

const PEM = /-----BEGIN PUBLIC KEY-----[\s\S]+?-----END PUBLIC KEY-----/g

/** The keys as their owner kept them. What kind each is, only the record says. @throws InvalidRequest where there is none. */
function trustedKeys(values: Values, { keys }: RunAudit): readonly SealKey[] | undefined {
  const file = text(values, 'key')
  if (file === undefined) return undefined
  try {
    const trusted = (contentOf(file).match(PEM) ?? []).map((publicKey): SealKey => {
      const keyId = keyIdOf(publicKey)
      const algorithm = createPublicKey(publicKey).asymmetricKeyType === 'ed25519' ? 'ED25519' : 'ECDSA_SHA_256'
      return { keyId, algorithm, publicKey, kind: keys.find((one) => one.keyId === keyId)?.kind ?? 'local' }
    })
    if (trusted.length > 0) return trusted
  } catch (cause) {
    throw noKey(file, cause)
  }
  throw noKey(file)
}

function noKey(file: string, cause?: unknown): InvalidRequest {
  const next = 'Give the file that `baton audit key RUN` printed when the run was sealed.'
  return new InvalidRequest({ message: `${file} is no public key in PEM`, next, cause })
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (cause) {
    const next = 'Give a file that is there, or a run: baton runs lists them.'
    throw new InvalidRequest({ message: `${file} cannot be read: ${(cause as Error).message}`, next, cause })
  }
}

async function seal(word: string | undefined, values: Values): Promise<number> {
  if (remoteTarget(values) !== undefined) {
    const next = 'Seals of a deployed team: baton audit verify RUN --outputs FILE'
    throw new InvalidRequest({ message: 'A deployed team is sealed by its own function alone', next })
  }
  const { stores, reading } = openExistingData(values)
  const runId = await runIdOf(word, localPlace({ stores, reading }, values))
  const seals = await sealRun(runId, { stores, clock: systemClock })
  const rows = seals.flatMap(({ chains }) => chains).length
  const told = seals.length === 0 ? 'there is nothing that is not sealed' : `${plural(rows, 'chain')} sealed`
  process.stdout.write(values['json'] ? `${jsonText({ runId, seals })}\n` : `run ${runId}: ${told}\n`)
  return EXIT.ok
}

async function printKeys(word: string | undefined, values: Values): Promise<number> {
  const place = await openPlace(values)
  const runId = await runIdOf(word, place)
  const { keys } = await place.runs.audit(runId)
  if (keys.length === 0) {
    throw new NotFound({ message: `Run ${runId} is not sealed yet`, next: `baton audit seal ${runId}` })
  }
  process.stdout.write(values['json'] ? `${jsonText({ keys })}\n` : keys.map(({ publicKey }) => publicKey).join(''))
  return EXIT.ok
}

/** Findings that are told; --json has all. */
const MOST_TOLD = 20

function render(runId: string, verdict: AuditVerdict, isTrusted: boolean, logs?: LogComparison): string {
  const { status, rows, chains, sealed, findings } = verdict
  const paint = painter(process.stdout)
  const counted = `${plural(rows, 'row')} in ${plural(chains, 'chain')}`
  const head =
    status === 'intact'
      ? `${paint('green', `run ${runId} is intact`)}: ${counted}`
      : `${paint('red', `run ${runId} is not intact`)}: ${plural(findings.length, 'finding')} in ${counted}`
  const more = findings.length - MOST_TOLD
  return [
    head,
    ...findings.slice(0, MOST_TOLD).map((finding) => `  ${printable(lineOf(finding))}`),
    ...(more > 0 ? [`  and ${more} more: --json has all`] : []),
    sealedLine(sealed),
    ...trustLines(sealed, isTrusted, runId),
    ...(logs === undefined ? [] : [logLine(logs)]),
  ].join('\n')
}

function lineOf({ kind, stepId, attempt, seq, what }: Finding): string {
  const step = stepId === undefined ? '' : ` ${stepId}${attempt === undefined ? '' : ` attempt ${attempt}`}`
  return `${kind}${step}${seq === undefined ? '' : ` row ${seq}`}: ${what}`
}

function sealedLine({ seals, rows, until, unsealedSince }: AuditVerdict['sealed']): string {
  if (seals === 0) return 'sealed    nothing: whoever can write the records could have written all of it anew'
  const rest = unsealedSince === undefined ? 'nothing is unsealed' : `unsealed since ${unsealedSince}`
  return `sealed    ${plural(rows, 'row')} by ${plural(seals, 'seal')}, the last of ${until}; ${rest}`
}

function trustLines({ seals, by }: AuditVerdict['sealed'], isTrusted: boolean, runId: string): string[] {
  if (seals === 0) return []
  const local = 'note      a local key: whoever holds the data folder can seal again what they have changed'
  const own = `note      by the key inside the record: this shows that it agrees with itself. Keep the key elsewhere (baton audit key ${runId}), and give it with --key`
  return [...(isTrusted ? [] : [own]), ...(by.includes('local') ? [local] : [])]
}

function logLine({ lines, rowsWithoutLine }: LogComparison): string {
  const rest = rowsWithoutLine === 0 ? 'every row has one' : `${plural(rowsWithoutLine, 'row')} without a line`
  return `log       ${plural(lines, 'line')} of this run; ${rest}`
}
