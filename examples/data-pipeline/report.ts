/** The report of a run: its figures are those of the steps before, and the text names no number that is not among them. */
import { isDeepStrictEqual } from 'node:util'
import type { OutputCheck } from 'baton'
import * as z from 'zod'
import { FileColumns, Intake } from './inspect-batch.ts'
import { BatchName } from './read-batch.ts'
import { Loaded } from './warehouse.ts'

export const ReportInput = z.strictObject({
  batch: BatchName,
  columns: z.array(FileColumns).max(20),
  answers: z.strictObject({ columns: z.array(FileColumns).max(20).readonly() }).nullable(),
  intake: Intake,
  clean: Loaded.nullable().describe('what came of loading the clean orders; null: the gate was shut'),
  released: Loaded.nullable().describe('what came of loading odd orders that a person let in; null: there were none'),
})
type ReportInput = z.infer<typeof ReportInput>

const Figures = z.strictObject({
  decision: z.enum(['load', 'stop']),
  rows: z.int(),
  clean: z.int(),
  rejected: z.int(),
  repeated: z.int(),
  odd: z.int(),
  loaded: z.int().describe('new in the warehouse by this run'),
  alreadyThere: z.int(),
  differing: z.array(z.string()).max(200),
  inWarehouse: z.int().describe('orders of this batch that are in the warehouse now'),
})
type Figures = z.infer<typeof Figures>

export const Report = z.strictObject({
  batch: BatchName,
  figures: Figures,
  examples: Intake.shape.examples,
  inWords: z.string().min(1).max(2_000).describe('what happened and what somebody should do about the sources'),
})
export type Report = z.infer<typeof Report>

export function figuresOf({ intake, clean, released }: ReportInput, inWarehouse: number): Figures {
  const loads = [clean, released].filter((one) => one !== null)
  return {
    decision: intake.gate.decision,
    rows: intake.rows,
    clean: intake.clean,
    rejected: intake.rejected,
    repeated: intake.repeated,
    odd: intake.odd.length,
    loaded: loads.reduce((sum, { loaded }) => sum + loaded, 0),
    alreadyThere: loads.reduce((sum, { alreadyThere }) => sum + alreadyThere, 0),
    differing: loads.flatMap(({ differing }) => differing),
    inWarehouse,
  }
}

/** For where no language model writes it. */
export function wordsOf({ decision, rows, rejected, loaded, odd, inWarehouse }: Figures): string {
  if (decision === 'stop')
    return `Nothing was loaded: of ${rows} rows ${rejected} were turned down. See the checks of the gate.`
  return `Of ${rows} rows ${loaded} were loaded now, ${rejected} turned down and ${odd} found odd; ${inWarehouse} orders of the batch are in the warehouse.`
}

export const reportHolds: OutputCheck<Report> = {
  name: 'report_holds',
  description: 'The figures are those of the steps before, and the text names no other number.',
  run: async (report, { input }) => {
    const given = ReportInput.parse(input)
    const { inWarehouse } = report.figures
    const problems: string[] = []
    if (report.batch !== given.batch || !isDeepStrictEqual(report.figures, figuresOf(given, inWarehouse))) {
      problems.push('figures: give them as read_books gave them')
    }
    if (!isDeepStrictEqual(report.examples, given.intake.examples)) {
      problems.push('examples: give them as read_books gave them')
    }
    const known = new Set(numbersIn(JSON.stringify({ ...given, inWarehouse })))
    const made = numbersIn(report.inWords).filter((number) => !known.has(number))
    if (made.length > 0) problems.push(`inWords: nothing bears out ${made.join(', ')}`)
    return problems.length === 0 ? { verdict: 'accept' } : { verdict: 'reject', problems }
  },
}

function numbersIn(text: string): string[] {
  return text.match(/\d+(?:\.\d+)?/g) ?? []
}

export function renderReport({ batch, figures, examples, inWords }: Report): string {
  const { differing, decision, ...counts } = figures
  const lines = [
    `# Batch ${batch}: ${decision === 'load' ? 'loaded' : 'stopped by the quality gate'}`,
    inWords,
    Object.entries(counts)
      .map(([name, count]) => `- ${NAMES[name as keyof typeof NAMES]}: ${count}`)
      .join('\n'),
  ]
  if (differing.length > 0) lines.push(`There with other values, and left as they were: ${differing.join(', ')}.`)
  if (examples.length > 0) {
    const rows = examples.map(({ file, line, problem }) => `- ${file}:${line}: ${problem}`)
    const more = figures.rejected - examples.length
    lines.push(['Rows turned down:', ...rows, ...(more > 0 ? [`- and ${more} more`] : [])].join('\n'))
  }
  return `${lines.join('\n\n')}\n`
}
const NAMES = {
  rows: 'rows read',
  clean: 'clean orders',
  rejected: 'rows turned down',
  repeated: 'rows that repeat another',
  odd: 'odd orders, of which a person decides',
  loaded: 'new in the warehouse by this run',
  alreadyThere: 'in the warehouse before',
  inWarehouse: 'orders of this batch in the warehouse now',
}
