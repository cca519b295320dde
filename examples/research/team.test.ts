import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ModelAccessDenied, type Workflow } from 'baton'
import { quotesExist } from 'baton/documents'
import { chooseModel, type Model, openHost, openStores, type Run, systemClock, thisProcess } from 'baton/host'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { marksResolve, Report, renderReport } from './report.ts'
import team from './team.ts'

let documents: string
let plain: string
beforeAll(() => {
  documents = mkdtempSync(join(tmpdir(), 'baton-research-'))
  plain = mkdtempSync(join(tmpdir(), 'baton-research-'))
  writeFileSync(join(plain, 'a.md'), '# Queues\n\nA queue keeps its messages for four days.\n')
  writeFileSync(
    join(documents, 'queues.md'),
    `# Queues

## Retention

A queue keeps its messages for four days by default.
Set \`retentionPeriod\` to keep messages in the queue for up to fourteen days:

\`\`\`ts
new Queue(this, 'Queue', { retentionPeriod: Duration.days(14) });
\`\`\`
`,
  )
  writeFileSync(join(documents, 'binary.txt'), Uint8Array.from([0, 1, 2, 3]))
  writeFileSync(
    join(documents, 'tables.md'),
    `# Tables

## Encryption

A table is encrypted with a key that the service owns.
To encrypt a table with a key of your own, set its \`encryptionKey\` property.
`,
  )
})
afterAll(() => {
  for (const folder of [documents, plain]) rmSync(folder, { recursive: true, force: true })
})

const QUESTION = 'How long does a queue keep messages, and how do I encrypt a table with my own key?'

interface Attempt {
  readonly folder?: string
  readonly wrap?: (model: Model) => Model
}

async function research(
  question: string,
  { folder: read = documents, wrap = (model) => model }: Attempt = {},
): Promise<Run> {
  const folder = mkdtempSync(join(tmpdir(), 'baton-data-'))
  const stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock: systemClock })
  const { model } = await chooseModel('offline')
  const host = openHost({
    stores,
    team,
    model: wrap(model),
    priceOf: () => undefined,
    clock: systemClock,
    random: () => 0,
    newRunId: () => 'test-run',
    owner: thisProcess(),
  })
  try {
    const [{ name: workflow }] = team.workflows as [Workflow]
    return await (await host.start({ workflow, input: { question }, settings: { documents: read } })).ended
  } finally {
    await host.release()
    stores.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

describe('the research team, offline', () => {
  it('answers each part of a question with a section, each point with a quote that exists', async () => {
    const run = await research(QUESTION)
    const report = Report.parse(run.output)
    expect(report.sections.map(({ heading }) => heading)).toEqual([
      'How long does a queue keep messages',
      'Encrypt a table with my own key',
    ])
    expect(report.sections[0]?.points[0]?.text).toContain('A queue keeps its messages for four days by default.')
    expect(report.gaps).toEqual([])
    expect(renderReport(report)).toContain('Documents that could not be searched: 1 not text.')
    const context = {
      runId: '',
      stepId: '',
      input: null,
      settings: { documents },
      signal: new AbortController().signal,
    }
    expect(await quotesExist.run(report, context)).toEqual({ verdict: 'accept' })
    expect(await marksResolve.run(report, context)).toEqual({ verdict: 'accept' })
    expect(renderReport(report)).toContain('queues.md:5\n')
  })

  it('says nothing of left out documents where there are none', async () => {
    const report = Report.parse((await research('How long does a queue keep messages?', { folder: plain })).output)
    expect(report).toMatchObject({ leftOut: null, gaps: [], citations: [{ number: 1, file: 'a.md', startLine: 3 }] })
    expect(renderReport(report)).not.toContain('could not be searched')
  })

  it('names a gap where a researcher fails, and keeps the rest', async () => {
    const run = await research(QUESTION, {
      wrap: (model) => ({
        ...model,
        call: async (request, options) => {
          const asked = JSON.stringify(request.messages[0])
          if (options.agent === 'researcher' && asked.includes('"subquestion\\":\\"How do I encrypt')) {
            throw new ModelAccessDenied({ message: 'no access to the model', next: 'Ask for access.' })
          }
          return model.call(request, options)
        },
      }),
    })
    const report = Report.parse(run.output)
    expect(report.sections).toHaveLength(1)
    expect(report.gaps).toEqual([expect.stringMatching(/^Encrypt a table with my own key: .*no access to the model$/)])
  })

  it('says that nothing was found rather than making something up', async () => {
    const report = Report.parse((await research('Wie wird das Wetter morgen in Zürich?')).output)
    expect(report).toMatchObject({ sections: [], citations: [] })
    expect(report.summary).toMatch(/^Nothing about .* was found/)
    expect(report.gaps).toHaveLength(1)
  })

  it('stops at once where there are no documents, and says what to do', async () => {
    const { status, error } = await research(QUESTION, { folder: join(documents, 'missing') })
    expect(status).toBe('failed')
    expect(error).toMatchObject({
      stepId: expect.stringContaining('research-plan'),
      message: expect.stringContaining('does not exist'),
    })
    expect(error?.next).toContain('--documents DIR')
  })

  it.each([
    ['an empty question', '  ', 'ask a question'],
    ['a question of 100 KB', 'why '.repeat(25_000), '4,000 characters'],
  ])('refuses %s with a reason', async (_, question, reason) => {
    const outcome = await research(question).then(
      ({ status, error }) => ({ status, message: `${error?.message} ${error?.next}` }),
      (error: Error & { next?: string }) => ({ status: 'refused', message: `${error.message} ${error.next}` }),
    )
    expect(outcome.status).not.toBe('succeeded')
    expect(outcome.message).toContain(reason)
  })
})
