/** The work that code does: reading, judging by rule, loading, counting. What the workflow gave counts, not what a model says. */
import { isDeepStrictEqual } from 'node:util'
import { defineTool, NotActed, type OutputCheck } from 'baton'
import * as z from 'zod'
import { FileColumns, Intake, inspectBatch } from './inspect-batch.ts'
import { type Column, FIELDS, knownColumn } from './order.ts'
import { type BatchFile, BatchName, readBatch } from './read-batch.ts'
import { figuresOf, Report, ReportInput, wordsOf } from './report.ts'
import { Loaded, openWarehouse } from './warehouse.ts'
import { table } from './warehouse-dynamodb.ts'

export const Settings = z.looseObject({
  batches: z
    .string()
    .min(1)
    .optional()
    .meta({ format: 'path', description: 'Folder of the batches and of reference/. Default: the data of the example' }),
  warehouse: z
    .string()
    .min(1)
    .default('.baton/orders.db')
    .meta({ description: 'A SQLite file, or "dynamodb" for the table in warehouse-dynamodb.ts' }),
})
type Settings = z.infer<typeof Settings>

const OWN_DATA = new URL('./data', import.meta.url).pathname

function batchOf(batch: string, { batches = OWN_DATA }: Pick<Settings, 'batches'>) {
  return readBatch(batches, batch)
}

const Unclear = z.strictObject({ file: z.string(), column: z.string(), samples: z.array(z.string()).max(5) })
export const Survey = z.strictObject({
  columns: z.array(FileColumns).max(20),
  unclear: z.array(Unclear).max(50).describe('columns that may be a field that its file lacks'),
})
export type Survey = z.infer<typeof Survey>
/** What a person says of unclear columns. */
export const Answers = z.strictObject({ columns: z.array(FileColumns).max(20).readonly() })

/** The columns of all files as the rules know them, with samples of those that may be what is missing. */
export const readColumns = defineTool({
  name: 'read_columns',
  description: `Reads which columns the files of a batch have, and which of the fields ${FIELDS.join(', ')} they hold by rule.`,
  input: z.strictObject({ batch: BatchName }),
  output: Survey,
  settings: Settings,
  effect: 'read',
  run: async ({ batch: name }, { settings, reads }) => {
    const batch = batchOf(name, settings)
    reads({ uri: `batch:${name}`, sha256: batch.sha256 })
    return {
      columns: batch.files.map(({ file, columns }) => ({ file, columns: columns.map(byRule) })),
      unclear: batch.files.flatMap(unclearIn).slice(0, 50),
    }
  },
})

function byRule(column: string): Column {
  return knownColumn(column) ?? { column, field: null, unit: null }
}

function unclearIn({ file, columns, rows }: BatchFile): z.infer<typeof Unclear>[] {
  const fields = columns.map((column) => byRule(column).field)
  if (FIELDS.every((field) => fields.includes(field))) return []
  return columns
    .filter((column) => knownColumn(column) === undefined)
    .map((column) => ({ file, column, samples: rows.slice(0, 5).map(({ values }) => String(values[column])) }))
}

export const columnsFit: OutputCheck<Survey> = {
  name: 'columns_fit',
  description: 'Every column is there, what the rules know is as they know it, no field is given twice.',
  run: async ({ columns, unclear }, { input, settings }) => {
    const { files } = batchOf(BatchInput.parse(input).batch, Settings.parse(settings))
    const problems = [...columns, ...unclear.map(({ file, column }) => ({ file, columns: [byRule(column)] }))].flatMap(
      ({ file, columns: said }) => {
        const found = files.find((one) => one.file === file)
        if (found === undefined) return [`there is no file ${file}`]
        return said.flatMap((one) => {
          const known = knownColumn(one.column)
          if (!found.columns.includes(one.column)) return [`${file} has no column ${one.column}`]
          const isAsKnown = known === undefined || isDeepStrictEqual(known, one)
          return isAsKnown ? [] : [`${file}: ${one.column} is ${known.field}${known.unit ? ` in ${known.unit}` : ''}`]
        })
      },
    )
    for (const { file, columns: said } of columns) {
      const fields = said.flatMap(({ field }) => field ?? [])
      if (new Set(fields).size < fields.length) problems.push(`${file}: a field is given by two columns`)
    }
    return problems.length === 0 ? { verdict: 'accept' } : { verdict: 'reject', problems: problems.slice(0, 20) }
  },
}

export const BatchInput = z.strictObject({ batch: BatchName })
export const InspectInput = z.strictObject({
  batch: BatchName,
  columns: Survey.shape.columns,
  answers: Answers.nullable().describe('what a person said of unclear columns'),
})
type InspectInput = z.infer<typeof InspectInput>

function inspected({ batch, columns, answers }: InspectInput, settings: Settings) {
  return inspectBatch(batchOf(batch, settings), [...columns, ...(answers?.columns ?? [])])
}

export const inspectTool = defineTool({
  name: 'inspect_batch',
  description: 'Holds every row of a batch against the schema, the reference data and the quality gate.',
  input: BatchInput,
  output: z.strictObject({ intake: Intake }),
  settings: Settings,
  effect: 'read',
  timeoutSeconds: 120,
  run: async (_, { settings, stepInput }) => ({ intake: inspected(InspectInput.parse(stepInput), settings).intake }),
})

export const inspectedByCode: OutputCheck<{ readonly intake: Intake }> = {
  name: 'inspected_by_code',
  description: 'The intake is what inspect_batch gave, word for word.',
  run: async ({ intake }, { input, settings }) => {
    const found = inspected(InspectInput.parse(input), Settings.parse(settings)).intake
    return isDeepStrictEqual(found, intake)
      ? { verdict: 'accept' }
      : { verdict: 'reject', problems: ['intake: give it as inspect_batch gave it, without a change'] }
  },
}

export const LoadInput = z.strictObject({
  ...InspectInput.shape,
  sha256: z.string().describe('of the batch as it was inspected'),
  release: z
    .array(z.string())
    .max(40)
    .readonly()
    .nullable()
    .describe('odd orders that a person lets in; null: load the clean ones'),
})

export const loadTool = defineTool({
  name: 'load_batch',
  description: 'Loads the orders of this step into the warehouse, once. Which ones they are is settled already.',
  input: BatchInput,
  output: Loaded,
  settings: Settings,
  effect: 'keyed',
  grants: [...table.get.grants, ...table.put.grants, ...table.note.grants],
  timeoutSeconds: 300,
  run: async (_, context) => {
    const given = LoadInput.parse(context.stepInput)
    const { clean, odd, rejected, intake } = inspected(given, context.settings)
    if (intake.sha256 !== given.sha256 || intake.gate.decision !== 'load') {
      const message = 'the files are not what was inspected, or not fit to be loaded; nothing was loaded'
      throw new NotActed({ message, next: 'Start another run.' })
    }
    const { release } = given
    const released = odd.filter(({ order }) => release?.includes(order))
    const load =
      release === null
        ? { batch: given.batch, orders: clean, odd, rejected }
        : { batch: given.batch, orders: released.map(placed), odd: [], rejected: [] }
    return openWarehouse(context.settings.warehouse).load(load, context)
  },
})

function placed({ file, line, rule: _, cause: __, ...order }: z.infer<typeof Intake>['odd'][number]) {
  return { file, line, order }
}

/** What is in the books now, and the figures of the run. */
export const readBooks = defineTool({
  name: 'read_books',
  description: 'Counts how many orders of the batch are in the warehouse, and gives the figures of this run with them.',
  input: BatchInput,
  output: Report.omit({ batch: true }),
  settings: Settings,
  effect: 'read',
  grants: table.get.grants,
  timeoutSeconds: 120,
  run: async (_, context) => {
    const input = ReportInput.parse(context.stepInput)
    const { clean, odd } = inspected(input, context.settings)
    const orders = [...clean.map(({ order }) => order.order), ...odd.map(({ order }) => order)]
    const inWarehouse = await openWarehouse(context.settings.warehouse).present(orders, context)
    const figures = figuresOf(input, inWarehouse)
    return { figures, examples: input.intake.examples, inWords: wordsOf(figures) }
  },
})
