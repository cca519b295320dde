/**
 * A research team over a folder of text documents. A planner splits the question, researchers work side by side, a critic
 * checks every claim against its source, a writer gives a report in which every quote is verified to exist.
 */
import { defineAgent, defineTeam, defineWorkflow, forEach, from, sequence, step, text } from 'baton'
import { DocumentSettings, documentsReadable, quotesExist, readDocument, searchDocuments } from 'baton/documents'
import * as z from 'zod'
import { Citation, LeftOut, marksResolve, Report, renderReport } from './report.ts'

/** Any model id of Bedrock, or of whichever provider the operator chooses. */
const model = { id: 'us.anthropic.claude-haiku-4-5-20251001-v1:0', temperature: 0, maxTokens: 8_000 }
const MOST_SUBTOPICS = 6
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

const Plan = z.strictObject({
  subtopics: z
    .array(
      z.strictObject({
        topic: z.string().min(1).max(300).describe('a few words, the heading of a section'),
        question: z.string().min(1).max(1_000).describe('what to find out, complete without the other subtopics'),
      }),
    )
    .min(1)
    .max(MOST_SUBTOPICS),
  leftOut: LeftOut,
})

const Finding = z.strictObject({
  claim: z.string().min(1).max(800).describe('one statement, in your own words or the words of the document'),
  ...Citation.shape,
})

const Findings = z.strictObject({
  findings: z.array(Finding).max(5),
  gap: z.string().max(600).nullable().describe('what the documents do not answer; null if they answer the question'),
})

const Review = z.strictObject({
  topic: z.string(),
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
})

const planner = defineAgent({
  name: 'planner',
  version: '1.0.0',
  role: 'Research lead',
  goal: 'Split a question into the few subtopics that together answer it.',
  instructions: `Search the documents once or twice to see what they cover and which words they use.
Then name two to five subtopics that do not overlap. A simple question needs one only.
Each subtopic is worked on by somebody who sees nothing else, so its question must be complete in itself.
Ask only what the reader wants to know; add nothing.`,
  model,
  tools: [searchDocuments],
  input: Question,
  output: Plan,
  checks: [documentsReadable],
  limits: { turns: 5, toolCalls: 8, tokens: 60_000, costUsd: 0.15, seconds: 180 },
})

const researcher = defineAgent({
  name: 'researcher',
  version: '1.0.0',
  role: 'Researcher',
  goal: 'Find what the documents say about one subtopic, with exact quotes.',
  instructions: `Search with several short queries, then read the passages that look best.
Give two to five findings that answer the subtopic's question, the most useful first: what to call, what to set, what happens.
Each finding is one claim and the quote that bears it out, copied word for word, with the lines on which the quote stands.
Claim nothing that the quote does not say. Leave out what does not help to answer.
Where the documents do not answer, say so in "gap" instead of guessing.`,
  model,
  tools: [searchDocuments, readDocument],
  input: z.strictObject({
    subquestion: z.string().describe('what to find out'),
    topic: z.string().describe('the subtopic'),
    question: z.string().describe('the question of the reader, which the subtopic is part of'),
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
Give every finding back unchanged, in the same order, with your verdict and a reason. Pass topic and gap on as they are.
With no findings there is nothing to read.`,
  model,
  tools: [readDocument],
  input: z.strictObject({ topic: z.string(), ...Findings.shape }),
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
One section for each subtopic with findings, the most useful first; do not say the same thing twice.
The summary answers the question directly. Name in "gaps" what was not answered, and claims that were turned down.
If there are no findings, say plainly that the documents do not answer the question; invent nothing.`,
  model,
  input: z.strictObject({ question: z.string(), leftOut: LeftOut, reviews: z.array(Review) }),
  output: Report,
  checks: [quotesExist, marksResolve],
  limits: { turns: 4, tokens: 120_000, costUsd: 0.4, seconds: 300 },
})

const research = defineWorkflow({
  name: 'research',
  version: '1.0.0',
  description: 'Answers a question from a folder of documents, with verified quotes.',
  input: Question,
  output: Report,
  example: { question: EXAMPLE },
  render: renderReport,
  limits: { seconds: 3_600 },
  steps: ({ run }) => {
    const plan = step('plan', planner, { input: run.input })
    const reviews = forEach(
      'subtopics',
      from(plan).subtopics,
      ({ topic, question: subquestion }) => {
        const found = step('research', researcher, {
          input: { subquestion, topic, question: run.input.question },
          otherwise: { findings: [], gap: text('The researcher stopped before the work was done: ', topic) },
        })
        const { findings, gap } = from(found)
        const review = step('review', critic, {
          input: { topic, findings, gap },
          otherwise: {
            topic,
            findings: [],
            gap: text('The findings could not be checked, so they are left out: ', topic),
          },
        })
        return sequence(found, review)
      },
      { concurrency: 6, max: MOST_SUBTOPICS },
    )
    const report = step('report', writer, {
      input: { question: run.input.question, leftOut: from(plan).leftOut, reviews: from(reviews) },
    })
    return sequence(plan, reviews, report)
  },
})

export default defineTeam({
  name: 'research',
  description: 'Researches a question in a folder of text documents and reports with citations.',
  agents: [planner, researcher, critic, writer],
  workflows: [research],
  settings: DocumentSettings,
})
