/**
 * A small software house: requirements, a plan, tests, code, tests that are really run, two reviewers, a bounded loop of repairs. A
 * person sees the difference before anything is written, and what is written is what was tested, reviewed and approved.
 */
import {
  and,
  approve,
  by,
  choose,
  days,
  defineAgent,
  defineTeam,
  defineWorkflow,
  eq,
  exists,
  from,
  jsonata,
  not,
  or,
  type Ref,
  repeat,
  resolve,
  sequence,
  step,
  type Value,
  wait,
  when,
  workflow,
} from 'baton'
import * as z from 'zod'
import { Outcome, Round, renderOutcome } from './outcome.ts'
import { Changes } from './project.ts'
import {
  checkRules,
  Delivered,
  DeliverInput,
  deliverTool,
  kept,
  Opinion,
  project,
  Requirements,
  ReviewInput,
  readTask,
  readTemplate,
  runTool,
  Settings,
  Task,
  Tested,
  TestInput,
  testedByCode,
} from './tools.ts'

/** Any model id of Bedrock, or of whichever provider the operator chooses. */
const model = { id: 'us.anthropic.claude-sonnet-4-5-20250929-v1:0', temperature: 0, maxTokens: 16_000 }
const limits = { turns: 8, toolCalls: 24, tokens: 200_000, costUsd: 1, seconds: 400 }
const MOST_ROUNDS = 4

const analyst = defineAgent({
  name: 'analyst',
  version: '1.0.0',
  role: 'Business analyst',
  goal: 'Say what must hold once the task is done.',
  instructions: `Read the task, and of the project what it speaks of. Give requirements that a test can check: one thing each, R1, R2 and so on.
Add nothing that nobody asked for.`,
  model,
  limits,
  tools: [readTask, project.list, project.read],
  input: Task,
  output: z.strictObject({ requirements: Requirements }),
})

const Plan = z
  .array(z.strictObject({ file: z.string().min(1).max(200), purpose: z.string().min(1).max(600) }))
  .max(20)
  .describe('files that are made or changed, and what each is for: names, parameters, results')

const architect = defineAgent({
  name: 'architect',
  version: '1.0.0',
  role: 'Software architect',
  goal: 'Say which files change, and what each of them offers the others.',
  instructions: `Look at the project and keep to its ways: its module system, its style, its tests with node:test and no packages.
Name each file to make or to change, tests included, with the signatures that the others build on. The fewer files the better.
A template of the house, where there is one, goes first.`,
  model,
  limits,
  tools: [readTemplate, project.list, project.read],
  input: z.strictObject({ task: z.string(), requirements: Requirements }),
  output: z.strictObject({ files: Plan }),
})

const examiner = defineAgent({
  name: 'examiner',
  version: '1.0.0',
  role: 'Test engineer',
  goal: 'Write the tests by which the requirements are met or not.',
  instructions: `Write tests with node:test and node:assert/strict: for each requirement what must hold, and what must be refused.
Give each assertion a message. Test what the plan says that the files offer, by importing them. You write tests only, in test/.
A template of the house, where there is one, goes first.`,
  model,
  limits,
  tools: [readTemplate, project.list, project.read],
  input: z.strictObject({ task: z.string(), requirements: Requirements, files: Plan }),
  output: z.strictObject({ tests: Changes }),
  checks: [kept('tests')],
})

const coder = defineAgent({
  name: 'coder',
  version: '1.0.0',
  role: 'Software engineer',
  goal: 'Change the code so that all tests pass, also those that were there.',
  instructions: `Give each file that you make or change as a whole. You do not change tests.
"previous" is your last round: say to yourself why its tests failed, or what the reviewers want, before you write.
A template of the house, where there is one, goes first. If you cannot do it, give no changes, and say why in "cannot".`,
  model,
  limits,
  tools: [readTemplate, project.list, project.read],
  input: z.strictObject({
    task: z.string(),
    requirements: Requirements,
    files: Plan,
    tests: Changes,
    previous: Round.nullable().describe('null in the first round'),
  }),
  output: z.strictObject({
    changes: Changes,
    cannot: z.string().max(600).nullable().describe('why there are no changes; else null'),
  }),
  checks: [kept('changes')],
})

const runner = defineAgent({
  name: 'runner',
  version: '1.0.0',
  role: 'Test runner',
  goal: 'Have the tests run.',
  instructions: 'Call check_tests, then give back what it gave, without a change.',
  model,
  limits,
  tools: [runTool],
  input: TestInput,
  output: z.strictObject({ tested: Tested }),
  checks: [testedByCode],
})

const reviewer = (of: 'security' | 'upkeep', asks: string) =>
  defineAgent({
    name: `${of}-reviewer`,
    version: '1.0.0',
    role: `Reviewer of ${of}`,
    goal: 'Say whether the changes may go in, and if not, what must be changed.',
    instructions: `Call check_${of}: what it wants must be changed. Then read the difference yourself. ${asks}
Ask for a change only where it matters, and say exactly which.`,
    model,
    limits,
    tools: [checkRules(of)],
    input: ReviewInput,
    output: Opinion,
  })
const security = reviewer(
  'security',
  'What could an input do that nobody meant? Do the tests test, or do they only pass?',
)
const upkeep = reviewer(
  'upkeep',
  'Are the requirements met, and is it as plain as it can be? Does it fit the code around it?',
)

const deliverer = defineAgent({
  name: 'deliverer',
  version: '1.0.0',
  role: 'Release engineer',
  goal: 'Have the approved changes written.',
  instructions: 'Call deliver_changes with the sha256 that you were given, once. Give back which files it has written.',
  model,
  limits,
  tools: [deliverTool],
  input: DeliverInput,
  output: Delivered,
})

/** A workflow whose output is its input: what several steps gave, in one form. */
const asOne = <Form extends z.ZodType>(name: string, form: Form) =>
  defineWorkflow({ name, version: '1.0.0', input: form, output: form, steps: () => wait('given', { seconds: 0 }) })
const oneRound = asOne('round', Round)
const oneOutcome = asOne('outcome', Outcome)

const isAccepted = ({ tested, review }: Ref<Round>) => and(eq(tested.passed, true), eq(review.opinion, 'accept'))

const deliver = defineWorkflow({
  name: 'deliver',
  version: '1.0.0',
  description: 'Changes a small project as a task says, with tests, reviews and an approval.',
  input: Task,
  output: Outcome,
  example: {
    task: 'Add parseDuration(text): parse a duration such as "1h 30m" to seconds. Refuse anything else with a RangeError.',
  },
  render: renderOutcome,
  steps: ({ run }) => {
    const { task } = run.input
    const analysis = step('requirements', analyst, { input: { task } })
    const { requirements } = from(analysis)
    const plan = step('architecture', architect, { input: { task, requirements } })
    const { files } = from(plan)
    const examination = step('tests', examiner, { input: { task, requirements, files } })
    const { tests } = from(examination)
    const rounds = repeat(
      'rounds',
      ({ previous }: { previous: Value<z.input<typeof Round> | null> }) => {
        const code = step('code', coder, { input: { task, requirements, files, tests, previous } })
        const { changes, cannot } = from(code)
        const test = step('test', runner, { input: { changes, tests } })
        const { tested } = from(test)
        const review = resolve(
          'review',
          { security, upkeep },
          {
            by: by.veto({ who: ['security', 'upkeep'], value: 'change' }),
            on: 'opinion',
            input: { task, requirements, changes, tested },
            otherwise: { value: { opinion: 'change', wanted: ['The reviewers came to no decision.'] } },
          },
        )
        const reviewed = choose('reviewed', [when(and(eq(tested.passed, true), not(exists(cannot))), review)])
        const said = jsonata<z.infer<typeof Opinion> | null>('$found ? $found.value : null', { found: from(reviewed) })
        const round = workflow('round', oneRound, {
          input: { changes, cannot, tested, review: said },
        })
        return sequence(code, test, reviewed, round)
      },
      {
        max: MOST_ROUNDS,
        initial: null,
        until: (round) => or(exists(round.cannot), isAccepted(round)),
      },
    )
    const { changes, cannot, tested, review } = from(rounds)
    const { sha256, before, diff } = tested
    const isReady = and(not(exists(cannot)), isAccepted(from(rounds)))
    const approval = choose('ready', [
      when(
        isReady,
        approve('apply', {
          // In lines, as it is read.
          input: {
            task,
            diff: jsonata<string[]>('[$split($diff, "\\n")]', { diff }),
            testsPassed: tested.total,
            review,
          },
          expires: days(3),
          requesterMayApprove: true,
          otherwise: { approved: false },
        }),
      ),
    ])
    const isApproved = and(isReady, eq(from(approval).approved, true))
    const written = choose('approved', [
      when(isApproved, step('deliver', deliverer, { input: { changes, tests, sha256, before } })),
    ])
    const outcome = workflow('outcome', oneOutcome, {
      input: { task, requirements, cannot, tested, review, approved: isApproved, delivered: from(written) },
    })
    return sequence(analysis, plan, examination, rounds, approval, written, outcome)
  },
})

export default defineTeam({
  name: 'software-delivery',
  description: 'Changes a small JavaScript project as a task says.',
  agents: [analyst, architect, examiner, coder, runner, security, upkeep, deliverer],
  workflows: [deliver, oneRound, oneOutcome],
  settings: Settings,
})
