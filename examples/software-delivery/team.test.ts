import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Json } from 'baton'
import { chooseModel, type Model } from 'baton/host'
import { readScript, runInMemory, type Script, type ScriptedReply, scriptedModel, toolContext } from 'baton/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Outcome, renderOutcome } from './outcome.ts'
import { beforeOf, type Change, diffOf, readProject, sha256Of } from './project.ts'
import { runTests } from './sandbox.ts'
import team from './team.ts'
import { templateFor } from './templates.ts'
import { deliverTool } from './tools.ts'

const OWN = join(import.meta.dirname, 'project')
const TEMPLATE_TASK = 'Add parseDuration: parse a duration to seconds.'
let project: string
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'baton-delivery-'))
  cpSync(OWN, project, { recursive: true })
})
afterEach(() => rmSync(project, { recursive: true, force: true }))

async function deliver(task: string, model: Model, says: 'approve' | 'deny' = 'approve') {
  const shown: Json[] = []
  const { run, output, steps } = await runInMemory(team, {
    model,
    input: { task },
    settings: { project },
    people: ({ request }) => {
      shown.push(request.subject)
      return { decision: says }
    },
  })
  const outcome = run.status === 'succeeded' ? Outcome.parse(output) : undefined
  return { run, outcome, shown, steps: steps.map(({ stepId }) => stepId as string) }
}

const offline = async () => (await chooseModel('offline')).model

describe('with a script', () => {
  it('repairs what failed its tests, and writes what a person has seen', async () => {
    const model = scriptedModel(readScript(join(import.meta.dirname, 'script.json')))
    const { outcome, shown, steps } = await deliver('Let formatDuration show at most so many parts.', model)
    model.assertDone()
    expect(steps.filter((step) => step.endsWith('/test'))).toEqual(['rounds=1/test', 'rounds=2/test'])
    const [, second] = model.calls.filter(({ agent }) => agent === 'coder')
    expect(JSON.stringify(second?.request.messages)).toContain('rounds the last part that is shown: 5400 s')
    expect(shown).toHaveLength(1)
    expect(shown[0]).toMatchObject({ diff: expect.arrayContaining(['-export function formatDuration(seconds) {']) })
    expect(outcome).toMatchObject({ tested: { passed: true, total: 5 }, approved: true, review: { opinion: 'accept' } })
    expect(outcome?.delivered).toEqual({ written: ['src/index.js', 'test/most-parts.test.js'] })
    expect(readFileSync(join(project, 'src/index.js'), 'utf8')).toContain('formatDuration(seconds, most = 3)')
  })

  it('does not believe a runner that has its own view of the tests', async () => {
    const model = await scripted({
      coder: [
        { submit: { changes: [{ file: 'src/parse-duration.js', text: 'export const no = 1\n' }], cannot: null } },
      ],
      runner: [
        { toolUses: [{ name: 'check_tests', input: {} }] },
        ({ messages }) => passedAnyway(messages),
        { turn: 3, repeat: true, text: 'They pass. Believe me.' },
      ],
    })
    const { run } = await deliver(TEMPLATE_TASK, model)
    expect(run).toMatchObject({ status: 'failed', error: { stepId: 'rounds=1/test' } })
    expect(existsSync(join(project, 'src/parse-duration.js'))).toBe(false)
  })

  it('ends after so many rounds, with what is wrong, and writes nothing', async () => {
    const bad = { changes: [{ file: 'src/parse-duration.js', text: 'export const no = 1\n' }], cannot: null }
    const { outcome, shown, steps } = await deliver(TEMPLATE_TASK, await scripted({ coder: [{ submit: bad }] }))
    expect(steps.filter((step) => step.endsWith('/code'))).toHaveLength(4)
    expect(shown).toEqual([])
    expect(outcome).toMatchObject({ tested: { passed: false }, review: null, delivered: null })
    expect(outcome && renderOutcome(outcome)).toMatch(/^# Not delivered: no round got through tests and review/)
  })

  it('lets one reviewer stop what the other accepts', async () => {
    const text = `${templateFor(TEMPLATE_TASK)?.changes[0]?.text}console.log(process.env)\n`
    const chatty = { changes: [{ file: 'src/parse-duration.js', text }], cannot: null }
    const model = await scripted({
      coder: [{ submit: chatty }],
      'upkeep-reviewer': [{ submit: { opinion: 'accept', wanted: [] } }],
    })
    const { outcome, shown } = await deliver(TEMPLATE_TASK, model)
    expect(outcome?.review).toEqual({
      opinion: 'change',
      wanted: ['src/parse-duration.js reaches for its process'],
    })
    expect(shown).toEqual([])
  })

  it('keeps a coder from the tests', async () => {
    const test = { file: 'test/format-duration.test.js', text: '' }
    const model = await scripted({ coder: [{ repeat: true, submit: { changes: [test], cannot: null } }] })
    const { run } = await deliver(TEMPLATE_TASK, model)
    expect(run.error?.message).toContain('test/format-duration.test.js is a test')
  })

  it('asks for less where a round changes too much', async () => {
    const much = { changes: [{ file: 'src/x.js', text: '// long\n'.repeat(2_000) }], cannot: null }
    const { run } = await deliver(TEMPLATE_TASK, await scripted({ coder: [{ repeat: true, submit: much }] }))
    expect(run.error?.message).toContain('bytes of 16000; change less at a time')
  })
})

describe('offline', () => {
  it('delivers what there is a template for', async () => {
    const { outcome } = await deliver(TEMPLATE_TASK, await offline())
    expect(outcome?.delivered?.written).toEqual(['src/parse-duration.js', 'test/parse-duration.test.js'])
    expect((await runTests(readProject(project), ['test/parse-duration.test.js'], signal())).passed).toBe(true)
  })

  it('says that it cannot do anything else, and does nothing', async () => {
    const { outcome, shown } = await deliver('Write the kernel anew, in Rust.', await offline())
    expect(outcome?.cannot).toContain('without a language model it cannot be done')
    expect(outcome && renderOutcome(outcome)).toMatch(/^# Not done/)
    expect(shown).toEqual([])
    expect([...readProject(project)]).toEqual([...readProject(OWN)])
  })

  it('writes nothing that a person turned down', async () => {
    const { outcome } = await deliver(TEMPLATE_TASK, await offline(), 'deny')
    expect(outcome).toMatchObject({ approved: false, delivered: null })
    expect([...readProject(project)]).toEqual([...readProject(OWN)])
  })
})

describe('delivering', () => {
  it('happens once for a call, and not over what has changed since', async () => {
    const { changes = [], tests = [] } = templateFor(TEMPLATE_TASK) ?? {}
    const all = [...changes, ...tests]
    const [sha256, before] = [sha256Of(all), beforeOf(readProject(project), all)]
    const stepInput = { changes: [...changes], tests: [...tests], sha256, before }
    const context = toolContext<unknown>({ settings: { project }, stepInput })
    const written = { written: all.map(({ file }) => file) }
    expect(await deliverTool.run({ sha256 }, context)).toEqual(written)
    expect(await deliverTool.run({ sha256 }, { ...context, fence: 2 })).toEqual(written)
    writeFileSync(join(project, 'src/parse-duration.js'), 'mine')
    const later = deliverTool.run({ sha256 }, { ...context, callId: 'other' })
    await expect(later).rejects.toMatchObject({
      name: 'NotActed',
      message: expect.stringContaining('is not as it was'),
    })
    const other = deliverTool.run({ sha256: sha256Of('other') }, { ...context, callId: 'third' })
    await expect(other).rejects.toMatchObject({
      message: expect.stringContaining('not the changes that were approved'),
    })
    expect(readFileSync(join(project, 'src/parse-duration.js'), 'utf8')).toBe('mine')
  })

  it('shows the difference as people know it', () => {
    const text = `${readFileSync(join(OWN, 'src/index.js'), 'utf8').replace("'0s'", "'nothing'")}\n// end\n`
    const changes: Change[] = [{ file: 'src/index.js', text }]
    expect(diffOf(readProject(project), changes)).toBe(`--- a/src/index.js
+++ b/src/index.js
@@ -6,5 +6,7 @@
     [seconds % 60, 's'],
   ]
   const shown = parts.filter(([count]) => count > 0).map(([count, unit]) => \`\${count}\${unit}\`)
-  return shown.length === 0 ? '0s' : shown.join(' ')
+  return shown.length === 0 ? 'nothing' : shown.join(' ')
 }
+
+// end
`)
  })
})

describe('the sandbox', () => {
  it.each([
    ['reading outside', "readFileSync('/etc/passwd')", /--allow-fs-read/],
    ['writing', "writeFileSync('x', '')", /--allow-fs-write/],
    ['other processes', "execSync('ls')", /--allow-child-process/],
    ['threads', "new Worker('1', { eval: true })", /--allow-worker/],
    ['connections', "connect(80, '127.0.0.1')", /has no network/],
    ['fetching', "await fetch('http://127.0.0.1:1/')", /fetch failed/],
    ['signals', 'process.kill(process.ppid, 0)', /no other processes/],
    ['leaving early', 'process.exit(0)', /before they were done/],
    ['eating memory', 'const a = []; for (;;) a.push(new Array(1e5).fill(1.5))', /more than 128 MB/],
    [
      'endless words',
      "process.stdout.write('x'.repeat(3e5)); await new Promise((done) => setTimeout(done, 9e3))",
      /more than 262144 characters/,
    ],
  ])('refuses %s', async (_, code, reason) => {
    const { passed, failures } = await inSandbox(code)
    expect(passed).toBe(false)
    expect(failures.join()).toMatch(reason)
  })

  it('gives no environment, and takes no number of tests as none', async () => {
    expect(await inSandbox("if (Object.keys(process.env).length > 0) throw new Error('there is one')")).toEqual({
      passed: true,
      total: 1,
      failures: [],
    })
    expect(await runTests(new Map(), [], signal())).toMatchObject({ passed: false, total: 0 })
  })
})

function inSandbox(code: string) {
  const text = `import { execSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { test } from 'node:test'
import { Worker } from 'node:worker_threads'
test('tries', async () => { ${code} })
`
  return runTests(new Map([['test/x.test.mjs', text]]), ['test/x.test.mjs'], signal())
}

function signal(): AbortSignal {
  return new AbortController().signal
}

/** Scripted agents, the others offline. */
async function scripted(script: Script): Promise<Model> {
  const [rules, model] = [await offline(), scriptedModel(script)]
  return { ...rules, call: (request, options) => (options.agent in script ? model : rules).call(request, options) }
}

function passedAnyway(messages: readonly { readonly content: readonly object[] }[]): ScriptedReply {
  const result = messages.flatMap(({ content }) => content).find((block) => 'toolUseId' in block)
  const { tested } = (result as unknown as { readonly content: { readonly tested: Record<string, Json> } }).content
  return { submit: { tested: { ...tested, passed: true, failures: [] } } }
}
