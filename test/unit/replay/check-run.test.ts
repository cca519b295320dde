import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import triage from '../../../examples/triage/team.ts'
import { defineAgent } from '../../../src/define/agent.ts'
import { eq } from '../../../src/define/expressions.ts'
import { choose, from, sequence, step, when } from '../../../src/define/patterns.ts'
import { approve } from '../../../src/define/people.ts'
import { resolve as resolveBy } from '../../../src/define/resolve.ts'
import { by } from '../../../src/define/resolve-by.ts'
import { defineTeam, type Team } from '../../../src/define/team.ts'
import { defineTool } from '../../../src/define/tool.ts'
import { defineWorkflow } from '../../../src/define/workflow.ts'
import type { Allowed } from '../../../src/replay/check-differences.ts'
import { checkRun } from '../../../src/replay/check-run.ts'
import type { Recording } from '../../../src/replay/recording.ts'
import { readRecording, recordingText } from '../../../src/replay/recording-file.ts'
import { scriptedModel } from '../../../src/testing/scripted-model.ts'
import { common } from '../define/agents.ts'
import { recorded } from './recorded.ts'

interface Changes {
  readonly instructions?: string
  readonly toolDescription?: string
  readonly output?: z.ZodType
  readonly mayAsk?: (line: string) => boolean
  readonly rejects?: boolean
  readonly temperature?: number
  readonly order?: 'other' | 'more'
}

let runs = 0

function teamOf(changes: Changes = {}): Team {
  const { instructions = 'Do it.', toolDescription = 'Looks.', mayAsk = (line) => line === 'ask' } = changes
  const look = defineTool({
    name: 'look',
    description: toolDescription,
    effect: 'keyed',
    input: z.object({ line: z.string() }),
    output: z.object({ b: z.string(), a: z.number() }),
    approval: { when: ({ line }) => mayAsk(line) },
    run: async () => {
      runs += 1
      return { b: 'found', a: runs }
    },
  })
  const Said = z.object({ said: z.enum(['yes', 'no']), sure: z.number() })
  const agent = (name: string, output = Said) =>
    defineAgent({
      ...{ ...common, name, role: 'Role', instructions, input: z.unknown(), output, tools: [look] },
      model: { id: 'any', ...(changes.temperature !== undefined && { temperature: changes.temperature }) },
      checks: [
        {
          name: 'strict',
          description: 'Strict.',
          run: async () => (changes.rejects ? { verdict: 'reject', problems: ['no'] } : { verdict: 'accept' }),
        },
      ],
    })
  const [ann, bob, cyd] = [agent('ann', changes.output as typeof Said | undefined), agent('bob'), agent('cyd')]
  const ask = step('ask', ann)
  const vote = resolveBy('vote', [bob, cyd], { by: by.vote(), on: 'said', confidence: 'sure' })
  const chosen = choose('which', [when(eq(from(ask).said, 'yes'), vote)], { otherwise: step('not', bob) })
  const parts = [ask, approve('may', { input: 'it' }), chosen]
  const steps = () => {
    if (changes.order === 'more') return sequence(...parts, step('more', bob))
    return changes.order === 'other' ? sequence(ask, step('extra', cyd), chosen) : sequence(...parts)
  }
  const main = defineWorkflow({ name: 'main', version: '1.0.0', input: z.unknown(), output: z.unknown(), steps })
  return defineTeam({ name: 'team', agents: [ann, bob, cyd], workflows: [main] })
}

const looks = (line: string) => ({ toolUses: [{ name: 'look', input: { line } }] })
const yes = { submit: { said: 'yes', sure: 0.9 } }

async function aRecording(): Promise<Recording> {
  const script = { ann: [looks('ask'), looks('x'), yes], '*': [yes] }
  const people = () => ({ decision: 'approve' as const, comment: 'go on' })
  const { recording } = await recorded(teamOf(), { model: scriptedModel(script), people })
  expect(recording.run.error).toBeUndefined()
  return readRecording(recordingText(recording), 'a.recording.jsonl')
}

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'baton-check-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return folder
}

const checked = (recording: Recording, team: Team, allow: readonly Allowed[] = []) =>
  checkRun(recording, team, { allow: new Set(allow), folder: scratch() })

describe('a team, held against a recorded run', () => {
  it('is the same where nothing has changed: tools, people and models answer from the record', async () => {
    const recording = await aRecording()
    const before = runs
    expect(await checked(recording, teamOf())).toMatchObject({ status: 'same' })
    expect(runs).toBe(before)
  })

  it('differs where what matters has changed, and says what and where', async () => {
    const recording = await aRecording()
    const difference = async (changes: Changes, allow: readonly Allowed[] = []) => {
      const found = await checked(recording, teamOf(changes), allow)
      return found.status === 'differs' ? [found.difference.what, found.difference.step] : found.status
    }
    expect(await difference({ instructions: 'Do it well.' })).toEqual(['prompt', 'ask'])
    expect(await difference({ instructions: 'Do it well.' }, ['prompt'])).toBe('same')
    expect(await difference({ toolDescription: 'Looks well.' })).toEqual(['tools', 'ask'])
    expect(await difference({ output: z.object({ said: z.enum(['no']) }) })).toEqual(['tools', 'ask'])
    expect(await difference({ mayAsk: () => false })).toEqual(['call', 'ask'])
    expect(await difference({ rejects: true })).toEqual(['call', 'ask'])
    expect(await difference({ temperature: 0.3 })).toEqual(['model', 'ask'])
    expect(await difference({ temperature: 0.3 }, ['model'])).toBe('same')
    expect(await difference({ order: 'more' })).toEqual(['order', 'more'])
    expect(await difference({ order: 'other' })).not.toBe('same')
  })

  it('cannot be checked by what was changed, erased, resumed, forked or is of another team', async () => {
    const recording = await aRecording()
    const { run } = recording
    const why = async (other: Partial<Recording>) => {
      const found = await checked({ ...recording, ...other }, teamOf())
      return found.status === 'cannot' ? found.why : found.status
    }
    const rows = recording.rows.map((row) => (row.event === 'turn' ? { ...row, status: 'other' } : row))
    expect(await why({ rows })).toMatch(/does not verify/)
    expect(await why({ bodies: {} })).toMatch(/erased/)
    expect(await why({ run: { ...run, execution: 2 } })).toMatch(/resumed/)
    expect(await why({ run: { ...run, status: 'cancelled' } })).toMatch(/is cancelled/)
    expect(await why({ run: { ...run, team: 'other' as typeof run.team } })).toMatch(/of team other/)
    const origin = { runId: run.runId, stepId: 'ask' as never, set: {} }
    expect(await why({ run: { ...run, origin } })).toMatch(/a fork/)
  })

  it('refuses a file that is no recording, by its name', () => {
    expect(() => readRecording('{"recording":1}\n', 'x.jsonl')).toThrow(/x\.jsonl is no recording/)
    expect(() => readRecording('nonsense', 'x.jsonl')).toThrow(/line 1 is no JSON/)
  })
})

describe('the recordings of the examples', () => {
  const folder = resolve(import.meta.dirname, '../../../examples/triage/recordings')
  it.each(readdirSync(folder))('come to the same: %s', async (name) => {
    const recording = readRecording(readFileSync(join(folder, name), 'utf8'), name)
    expect(await checked(recording, triage)).toEqual({ runId: recording.run.runId, status: 'same', steps: 2 })
  })
})
