/**
 * A pipeline for orders: files in, checked rows into a warehouse. Agents say what an unknown column is, what is behind an odd
 * order, and what happened; a person lets odd orders in; all else is code. However often a batch is run, each order is loaded once.
 */
import {
  and,
  choose,
  count,
  days,
  defineAgent,
  defineTeam,
  defineWorkflow,
  eq,
  from,
  gt,
  person,
  sequence,
  step,
  when,
} from 'baton'
import * as z from 'zod'
import { Intake, Odd } from './inspect-batch.ts'
import { Report, ReportInput, renderReport, reportHolds } from './report.ts'
import {
  Answers,
  BatchInput,
  columnsFit,
  InspectInput,
  inspectedByCode,
  inspectTool,
  LoadInput,
  loadTool,
  readBooks,
  readColumns,
  Settings,
  Survey,
} from './tools.ts'
import { Loaded } from './warehouse.ts'

/** Any model id of Bedrock, or of whichever provider the operator chooses. */
const model = { id: 'us.anthropic.claude-haiku-4-5-20251001-v1:0', temperature: 0, maxTokens: 8_000 }
const limits = { turns: 4, toolCalls: 8, tokens: 60_000, costUsd: 0.2, seconds: 400 }

const surveyor = defineAgent({
  name: 'surveyor',
  version: '1.0.0',
  role: 'Data engineer',
  goal: 'Say which column of each file holds which field.',
  instructions: `Call read_columns. What it knows is settled: pass it on as it is.
For each column in "unclear", judge by its name and samples which missing field it holds, and put that into "columns".
Only a column that you are sure of leaves "unclear"; about the others a person is asked.`,
  model,
  limits,
  tools: [readColumns],
  input: BatchInput,
  output: Survey,
  checks: [columnsFit],
})

const inspector = defineAgent({
  name: 'inspector',
  version: '1.0.0',
  role: 'Inspector',
  goal: 'Have every row of the batch inspected.',
  instructions: 'Call inspect_batch with the batch, then give back what it gave, without a change.',
  model,
  limits,
  tools: [inspectTool],
  input: InspectInput,
  output: z.strictObject({ intake: Intake }),
  checks: [inspectedByCode],
})

const loader = defineAgent({
  name: 'loader',
  version: '1.0.0',
  role: 'Loader',
  goal: 'Have the orders of this step loaded.',
  instructions: 'Call load_batch with the batch, once, then give back what it gave, without a change.',
  model,
  limits,
  tools: [loadTool],
  input: LoadInput,
  output: Loaded,
})

const Opinion = z.strictObject({
  order: z.string(),
  cause: z.string().min(1).max(500).describe('what is probably behind it, in a sentence'),
  advice: z.enum(['release', 'hold']).describe('release only what is surely right; in doubt hold'),
})

const analyst = defineAgent({
  name: 'analyst',
  version: '1.0.0',
  role: 'Data analyst',
  goal: 'Tell the person who decides what is probably behind each odd order.',
  instructions: `For each odd order say what probably happened: a lost decimal mark, a wrong unit, a typing error, a real large order.
Say what in the row speaks for it. Advise release only for what is surely right, in doubt hold.`,
  model,
  limits,
  input: z.strictObject({ odd: z.array(Odd) }),
  output: z.strictObject({ opinions: z.array(Opinion).max(40) }),
})

const reporter = defineAgent({
  name: 'reporter',
  version: '1.0.0',
  role: 'Reporter',
  goal: 'Tell the owner of the pipeline what happened, and what to do about the sources.',
  instructions: `Call read_books, and give its figures and examples back without a change.
In "inWords" say in a few sentences what happened, what the faults of each source have in common, and what somebody should do.
Name no number that you were not given.`,
  model,
  limits,
  tools: [readBooks],
  input: ReportInput,
  output: Report,
  checks: [reportHolds],
})

const ingest = defineWorkflow({
  name: 'ingest',
  version: '1.0.0',
  description: 'Checks the files of a batch and loads what is fit into the warehouse, each order once.',
  input: BatchInput,
  output: Report,
  example: { batch: '2026-03-02' },
  render: renderReport,
  steps: ({ run }) => {
    const { batch } = run.input
    const survey = step('survey', surveyor, { input: { batch } })
    const { columns, unclear } = from(survey)
    const asked = choose('unclear', [
      when(
        gt(count(unclear), 0),
        person('map-columns', {
          input: { unclear },
          output: Answers,
          expires: days(3),
          requesterMayApprove: true,
          otherwise: { columns: [] },
        }),
      ),
    ])
    const answers = from(asked)
    const inspect = step('inspect', inspector, { input: { batch, columns, answers } })
    const { intake } = from(inspect)
    const isFit = eq(intake.gate.decision, 'load')
    const of = { batch, columns, answers, sha256: intake.sha256 }
    const clean = choose('gate', [when(isFit, step('load', loader, { input: { ...of, release: null } }))])

    const opinions = step('explain', analyst, { input: { odd: intake.odd }, otherwise: { opinions: [] } })
    const decision = person('decide', {
      input: { odd: intake.odd, opinions: from(opinions).opinions },
      output: z.strictObject({ release: z.array(z.string()).max(40).describe('order numbers to load after all') }),
      expires: days(3),
      requesterMayApprove: true,
      otherwise: { release: [] },
    })
    const letIn = step('release', loader, { input: { ...of, release: from(decision).release } })
    const released = choose('odd', [when(and(isFit, gt(count(intake.odd), 0)), sequence(opinions, decision, letIn))])
    const report = step('report', reporter, {
      input: { batch, columns, answers, intake, clean: from(clean), released: from(released) },
    })
    return sequence(survey, asked, inspect, clean, released, report)
  },
})

export default defineTeam({
  name: 'data-pipeline',
  description: 'Ingests orders from CSV and JSON files into a warehouse.',
  agents: [surveyor, inspector, loader, analyst, reporter],
  workflows: [ingest],
  settings: Settings,
})
