/**
 * A research team over a folder of text documents. A lead cuts the question into tasks that do not overlap, researchers
 * work side by side, a critic checks every claim against its source, a writer gives a report in which every quote is
 * verified to exist.
 */
import {
  Assignment,
  defineAgent,
  defineTeam,
  defineWorkflow,
  from,
  ReportInput,
  SupervisorInput,
  SupervisorPlan,
  sequence,
  step,
  supervise,
  text,
} from 'baton'
import { DocumentSettings, documentsReadable, quotesExist, readDocument, searchDocuments } from 'baton/documents'
import * as z from 'zod'
import { Citation, LeftOut, marksResolve, Report, renderReport } from './report.ts'

/** Any model id of Bedrock, or of whichever provider the operator chooses. */
const model = { id: 'us.anthropic.claude-haiku-4-5-20251001-v1:0', temperature: 0, maxTokens: 8_000 }
const MOST_TASKS = 6
const EXAMPLE =
  'How do I invoke a Lambda function from Step Functions, wait for a task token, run a Map state in parallel, ' +
  'and grant the function access to a DynamoDB table?'

const Question = z.strictObject({
  question: z
    .string()
    .trim()
    .min(3, 'ask a question, e.g. npm start -- "How do I let a Lambda function read a table?"')
    .max(4_000, 'ask in at most 4,000 characters; put long material into the folder of documents')
    .describe('what the reader wants to know'),
})

const Finding = z.strictObject({
  claim: z.string().min(1).max(800).describe('one statement, in your own words or the words of the document'),
  ...Citation.shape,
})

const Findings = z.strictObject({
  findings: z.array(Finding).max(5),
  gap: z.string().max(600).nullable().describe('what the documents do not answer; null if they answer the question'),
  leftOut: LeftOut,
})

const Review = z.strictObject({
  question: z.string().describe('the question as it was given'),
  findings: z
    .array(
      z.strictObject({
        ...Finding.shape,
        verdict: z.enum(['supported', 'unsupported']),
        reason: z.string().min(1).max(500).describe('why, in a sentence'),
      }),
    )
    .max(5),
  gap: z.string().max(600).nullable(),
  leftOut: LeftOut,
})

/** A task of the lead's, within the reader's question. */
const Task = Assignment.extend({ request: Question })

const lead = defineAgent({
  name: 'lead',
  version: '2.0.0',
  role: 'Research lead',
  goal: 'Cut a question into the few tasks that together answer it, and say when it is answered.',
  instructions: `Search the documents once or twice to see what they cover and which words they use.
Then give out tasks that do not overlap, each to a member of the list. A simple question needs one only; two to five are usual.
Each task is worked on by somebody who sees nothing else, so its objective is a question that is complete in itself.
Ask only what the reader wants to know; add nothing. Where the first tasks answer the question, set done to true at once.
When you are asked again, look at the summaries: plan only what is still missing, or set done to true without tasks.`,
  model,
  tools: [searchDocuments],
  input: SupervisorInput.extend({ request: Question }),
  output: SupervisorPlan,
  checks: [documentsReadable],
  limits: { turns: 5, toolCalls: 8, tokens: 60_000, costUsd: 0.15, seconds: 180 },
})

const researcher = defineAgent({
  name: 'researcher',
  version: '1.0.0',
  role: 'Researcher',
  goal: 'Find what the documents say about one question, with exact quotes.',
  instructions: `Search with several short queries, then read the passages that look best.
Give two to five findings that answer the subquestion, the most useful first: what to call, what to set, what happens.
Each finding is one claim and the quote that bears it out, copied word for word, with the lines on which the quote stands.
Claim nothing that the quote does not say. Leave out what does not help to answer.
Where the documents do not answer, say so in "gap" instead of guessing.
Hand in what "outputFormat" asks for and keep to "boundaries": others work on the rest. Pass leftOut on from the search.`,
  model,
  tools: [searchDocuments, readDocument],
  input: z.strictObject({
    subquestion: z.string().describe('what to find out'),
    outputFormat: z.string(),
    boundaries: z.string(),
    question: z.string().describe('the question of the reader, which this is part of'),
  }),
  output: Findings,
  checks: [quotesExist],
  limits: { turns: 8, toolCalls: 24, tokens: 150_000, costUsd: 0.4, seconds: 300 },
})

const critic = defineAgent({
  name: 'critic',
  version: '1.0.0',
  role: 'Critic',
  goal: 'Say of every claim whether its source bears it out.',
  instructions: `Read the cited lines of every finding, with a few lines around them.
A claim is supported only if the lines say what it says: no more general, no more certain, about the same thing.
Give every finding back unchanged, in the same order, with your verdict and a reason.
Pass question, gap and leftOut on as they are.
With no findings there is nothing to read.`,
  model,
  tools: [readDocument],
  input: z.strictObject({ question: z.string(), ...Findings.shape }),
  output: Review,
  limits: { turns: 5, toolCalls: 24, tokens: 100_000, costUsd: 0.3, seconds: 240 },
})

const writer = defineAgent({
  name: 'writer',
  version: '1.0.0',
  role: 'Technical writer',
  goal: 'Give the reader an answer in which every statement is cited.',
  instructions: `Use only findings with the verdict "supported". Copy their file, lines and quote into citations without a change.
Number the citations from 1 in the order in which the text uses them; list each once; every point names at least one.
One section for each result with findings, the most useful first; do not say the same thing twice.
The summary answers the question directly. Name in "gaps" what was not answered, what nobody could do (the gaps given), and
claims that were turned down. Pass leftOut on from the results.
If there are no findings, say plainly that the documents do not answer the question; invent nothing.`,
  model,
  input: ReportInput.extend({ request: Question }),
  output: Report,
  checks: [quotesExist, marksResolve],
  limits: { turns: 4, tokens: 120_000, costUsd: 0.4, seconds: 300 },
})

const investigate = defineWorkflow({
  name: 'investigate',
  version: '1.0.0',
  description: 'Finds what the documents say about one question, with exact quotes; each claim is checked by a critic.',
  input: Task,
  output: Review,
  limits: { seconds: 900 },
  steps: ({ run }) => {
    const { objective, outputFormat, boundaries, request } = run.input
    const found = step('research', researcher, {
      input: { subquestion: objective, outputFormat, boundaries, question: request.question },
    })
    const { findings, gap, leftOut } = from(found)
    const review = step('review', critic, {
      input: { question: objective, findings, gap, leftOut },
      otherwise: {
        ...{ question: objective, findings: [], leftOut },
        gap: text('The findings could not be checked, so they are left out: ', objective),
      },
    })
    return sequence(found, review)
  },
})

const research = defineWorkflow({
  name: 'research',
  version: '2.0.0',
  description: 'Answers a question from a folder of documents, with verified quotes.',
  input: Question,
  output: Report,
  example: { question: EXAMPLE },
  render: renderReport,
  limits: { seconds: 7_200 },
  steps: ({ run }) =>
    supervise('research', {
      lead,
      members: [investigate],
      report: writer,
      input: run.input,
      effort: { high: MOST_TASKS },
      concurrency: MOST_TASKS,
    }),
})

export default defineTeam({
  name: 'research',
  description: 'Researches a question in a folder of text documents and reports with citations.',
  agents: [lead, researcher, critic, writer],
  workflows: [research, investigate],
  settings: DocumentSettings,
})
