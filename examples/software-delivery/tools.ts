/** The work that code does: running the tests, rules of the house, the difference, writing. It takes what the workflow gave. */
import { isDeepStrictEqual } from 'node:util'
import { defineTool, InvalidRequest, NotActed, type OutputCheck, type ToolContext } from 'baton'
import { fileTools } from 'baton/tools'
import * as z from 'zod'
import { Before, beforeOf, Changes, diffOf, isTest, readProject, sha256Of, withChanges } from './project.ts'
import { runTests, TestRun } from './sandbox.ts'
import { templateFor } from './templates.ts'

export const Settings = z.looseObject({
  project: z
    .string()
    .min(1, 'name a folder with --project DIR')
    .meta({ format: 'path', description: 'Folder of the project that is worked on, e.g. a copy of project/' }),
})
/** Bytes of JSON. What steps give each other stays under 32 KiB, and a person can read it. */
const MOST_BYTES = { tests: 10_000, changes: 16_000, diff: 24_000 } as const

export const project = fileTools({ name: 'project', root: { setting: 'project' }, write: {} })

export const Task = z.strictObject({
  task: z.string().trim().min(10, 'say in a sentence what is wanted').max(4_000).describe('what is wanted'),
})
export const Requirements = z
  .array(z.strictObject({ id: z.string().regex(/^R\d{1,2}$/), wanted: z.string().min(1).max(600) }))
  .min(1)
  .max(20)

/** So that there is something to go by where no language model reads the task: its sentences. */
export const readTask = defineTool({
  name: 'read_task',
  description: 'Gives the sentences of the task, numbered.',
  input: z.strictObject({}),
  output: z.strictObject({ requirements: Requirements }),
  effect: 'read',
  run: async (_, { stepInput }) => {
    const sentences = Task.parse(stepInput)
      .task.split(/(?<=[.!?])\s+/)
      .slice(0, 20)
    return { requirements: sentences.map((wanted, at) => ({ id: `R${at + 1}`, wanted: wanted.slice(0, 600) })) }
  },
})

const Ready = z.strictObject({
  template: z.string().nullable().describe('null: there is none for this task'),
  files: z.array(z.strictObject({ file: z.string(), purpose: z.string() })),
  tests: Changes,
  changes: Changes,
  cannot: z.string().nullable().describe('for whoever can go by templates alone: why there is nothing'),
})

export const readTemplate = defineTool({
  name: 'read_template',
  description: 'Gives tests and code that the house has ready for a task of this kind; often there is nothing.',
  input: z.strictObject({}),
  output: Ready,
  effect: 'read',
  run: async (_, { stepInput }) => {
    const found = templateFor(z.looseObject({ task: z.string() }).parse(stepInput).task)
    const { name = null, tests = [], changes = [] } = found ?? {}
    const files = [...changes, ...tests].map(({ file }) => ({ file, purpose: `as in the template ${name}` }))
    const cannot =
      found === undefined
        ? 'The house has no template for this task: without a language model it cannot be done.'
        : null
    return { template: name, files, tests: [...tests], changes: [...changes], cannot }
  },
})

export const TestInput = z.strictObject({ changes: Changes, tests: Changes })
type TestInput = z.infer<typeof TestInput>

/** What was tested, and how it ended. */
export const Tested = z.strictObject({
  ...TestRun.shape,
  sha256: z.string().describe('of the changes that were tested'),
  before: z.array(Before).max(40),
  diff: z.string().max(MOST_BYTES.diff),
})
export type Tested = z.infer<typeof Tested>

/** The same files end the same: within a process they are run once. */
const done = new Map<string, Promise<TestRun>>()
const MOST_KEPT = 100

async function tested({ changes, tests }: TestInput, folder: string, signal: AbortSignal): Promise<Tested> {
  const files = readProject(folder)
  const all = [...changes, ...tests]
  const after = withChanges(files, all)
  const sha256 = sha256Of(all)
  const diff = diffOf(files, all)
  if (bytesOf(diff) > MOST_BYTES.diff) {
    throw new InvalidRequest({ message: 'the changes are too long to be read by a person', next: 'Change less.' })
  }
  const key = sha256Of([...after])
  const known = done.get(key) ?? runTests(after, [...after.keys()].filter(isTest), signal)
  if (done.size >= MOST_KEPT) done.clear()
  done.set(key, known)
  known.catch(() => done.delete(key))
  return { ...(await known), sha256, before: beforeOf(files, all), diff }
}

export const runTool = defineTool({
  name: 'check_tests',
  description:
    'Runs all tests of the project with the changes of this step, in a sandbox. The project itself stays as it is.',
  input: z.strictObject({}),
  output: z.strictObject({ tested: Tested }),
  settings: Settings,
  effect: 'read',
  timeoutSeconds: 60,
  run: async (_, { settings, stepInput, signal }) => ({
    tested: await tested(TestInput.parse(stepInput), settings.project, signal),
  }),
})

export const testedByCode: OutputCheck<{ readonly tested: Tested }> = {
  name: 'tested_by_code',
  description: 'The result is that of the tests, with the changes of this step.',
  run: async (output, { input, settings, signal }) => {
    const found = await tested(TestInput.parse(input), Settings.parse(settings).project, signal)
    // The words of a failure may differ from run to run: addresses, times.
    const plain = (one: Tested) => ({ ...one, failures: one.failures.length })
    if (isDeepStrictEqual(plain(found), plain(output.tested))) return { verdict: 'accept' }
    return { verdict: 'reject', problems: ['tested: give it as check_tests gave it, without a change'] }
  },
}

/** Of what an agent hands in: `tests` holds tests and nothing else, `changes` none of them. */
export const kept = (field: 'tests' | 'changes'): OutputCheck<Readonly<Record<string, unknown>>> => ({
  name: `${field}_kept_apart`,
  description: 'Tests are written by whoever writes tests, code by whoever writes code.',
  run: async (output) => {
    const files = Changes.parse(output[field]).map(({ file }) => file)
    const wrong = files.filter((file) => isTest(file) !== (field === 'tests'))
    const problems = wrong.map((file) => `${field}: ${file} is ${isTest(file) ? 'a test' : 'no test'}`)
    if (new Set(files).size < files.length) problems.push(`${field}: a file is there twice`)
    const bytes = bytesOf(output[field])
    if (bytes > MOST_BYTES[field])
      problems.push(`${field}: ${bytes} bytes of ${MOST_BYTES[field]}; change less at a time`)
    return problems.length === 0 ? { verdict: 'accept' } : { verdict: 'reject', problems }
  },
})

export const ReviewInput = z.strictObject({
  task: z.string(),
  requirements: Requirements,
  changes: Changes,
  tested: Tested,
})
export const Opinion = z.strictObject({
  opinion: z.enum(['accept', 'change']),
  wanted: z
    .array(z.string().min(1).max(600))
    .max(10)
    .readonly()
    .describe('what must be changed; nothing where it is accepted'),
})

function bytesOf(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value))
}

interface HouseRule {
  readonly pattern: RegExp
  readonly wanted: string
}

const RULES: Readonly<Record<'security' | 'upkeep', readonly HouseRule[]>> = {
  security: [
    { pattern: /\beval\s*\(|new Function\b/, wanted: 'runs text as code' },
    {
      pattern: /node:(?:child_process|vm|worker_threads|cluster)|require\(['"]child_process/,
      wanted: 'starts processes',
    },
    { pattern: /process\.(?:env|exit|kill|binding)/, wanted: 'reaches for its process' },
    { pattern: /node:(?:net|http|https|dgram|tls)|\bfetch\s*\(/, wanted: 'uses the network' },
  ],
  upkeep: [
    { pattern: /\b(?:TODO|FIXME|XXX)\b/, wanted: 'leaves something undone' },
    { pattern: /console\.\w+\(/, wanted: 'writes to the console' },
    { pattern: /^.{141,}$/m, wanted: 'has a line of more than 140 characters' },
    { pattern: /^(?:[^\n]*\n){400}/, wanted: 'has more than 400 lines' },
  ],
}

export const checkRules = (of: keyof typeof RULES) =>
  defineTool({
    name: `check_${of}`,
    description: `Holds the changed files against the house's rules of ${of}.`,
    input: z.strictObject({}),
    output: Opinion,
    effect: 'read',
    run: async (_, { stepInput }) => {
      const { changes } = ReviewInput.parse(stepInput)
      const wanted = changes.flatMap(({ file, text }) =>
        RULES[of].filter(({ pattern }) => pattern.test(text)).map((rule) => `${file} ${rule.wanted}`),
      )
      return { opinion: wanted.length === 0 ? ('accept' as const) : ('change' as const), wanted: wanted.slice(0, 10) }
    },
  })

export const DeliverInput = z.strictObject({ ...TestInput.shape, sha256: z.string(), before: z.array(Before).max(40) })
export const Delivered = z.strictObject({ written: z.array(z.string()).max(40) })

/** Each file by `project_write`, which writes it once for a call; all of them are looked at before the first is written. */
export const deliverTool = defineTool({
  name: 'deliver_changes',
  description: 'Writes the changes that were tested and approved into the project.',
  input: z.strictObject({ sha256: z.string().describe('of the changes, as this step was given it') }),
  output: Delivered,
  settings: Settings,
  effect: 'keyed',
  timeoutSeconds: 120,
  run: async ({ sha256 }, context) => {
    const { changes, tests, before, sha256: approved } = DeliverInput.parse(context.stepInput)
    const all = [...changes, ...tests]
    if (sha256 !== approved || sha256Of(all) !== approved)
      throw notWritten('these are not the changes that were approved')
    const files = readProject(context.settings.project)
    for (const { file, sha256: found } of before) {
      const text = files.get(file)
      const now = text === undefined ? null : sha256Of(text)
      const ours = sha256Of(all.find((one) => one.file === file)?.text ?? '')
      // By an earlier try of this very call.
      const isOurs = context.fence > 1 && now === ours
      if (now !== found && !isOurs) throw notWritten(`${file} is not as it was when the changes were approved`)
    }
    const { passed } = await tested({ changes, tests }, context.settings.project, context.signal)
    if (!passed) throw notWritten('the tests no longer pass')
    const written: string[] = []
    for (const { file, text } of all) {
      await write(file, text, before, context).catch((error: unknown) => {
        if (written.length === 0) throw error
        throw new Error(`${(error as Error).message}. Written before that: ${written.join(', ')}`, { cause: error })
      })
      written.push(file)
    }
    return { written }
  },
})

async function write(
  file: string,
  text: string,
  before: z.infer<typeof Before>[],
  context: ToolContext<unknown>,
): Promise<void> {
  const ifSha256 = before.find((one) => one.file === file)?.sha256 ?? null
  await project.write.run({ file, text, ifSha256 }, { ...context, callId: `${context.callId}:${file}` })
}

function notWritten(message: string): NotActed {
  return new NotActed({ message: `${message}; nothing was written`, next: 'Start another run.' })
}
