/** What people type that cannot be carried out: the exit code, what is wrong, what to do. Never a stack. */
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { baton, jsonLines, scratch, twoAtATime, WORK_TEAM } from './baton.ts'
import { workScript } from './scripts.ts'

/** Words, the exit code, what the message and the next step hold. */
type Case = readonly [words: readonly string[], code: number, message: RegExp, next: RegExp]

describe('baton', () => {
  it('says what is wrong with the words, the input or the team file, and what to do next', async () => {
    const folder = scratch()
    const file = (name: string, text: string) => {
      writeFileSync(join(folder, name), text)
      return join(folder, name)
    }
    const data = join(folder, 'data')
    const missing = join(folder, 'missing')
    const team = ['--team', WORK_TEAM]
    const run = ['run', ...team, '--data', data, '--model', workScript(folder)]
    const cases: readonly Case[] = [
      [['frob'], 2, /"frob" is no verb/, /run, agent, runs/],
      [[...run, '--frob', 'q'], 2, /Unknown option '--frob'.*--log/, /baton run --help/],
      [[...run, 'q', 'extra'], 2, /Unexpected word "extra"/, /--help/],
      [[...run, ''], 2, /ask something/, /baton run --help/],
      [[...run, 'word '.repeat(20_000)], 2, /4000 characters/, /baton run --help/],
      [[...run, '--workflow', 'nope', 'q'], 3, /no workflow "nope"/, /short, child, long/],
      [[...run, '--input', '{bad'], 2, /--input is no JSON/, /--input @/],
      [[...run, '--input', '@/nope'], 2, /\/nope cannot be read/, /@input.json/],
      [[...run, '--input', '{"question": 3}'], 2, /expected string.*question/s, /--help/],
      [['run', ...team, '--model', 'gpt', 'q'], 2, /"gpt" is unknown/, /--model/],
      [['run', ...team, '--model', 'scripted:/nope', 'q'], 2, /\/nope could not be read/, /JSON file/],
      [['agent', 'nope', ...team, 'q'], 3, /no agent "nope"/, /planner, worker/],
      [['agent', ...team], 2, /Which agent/, /planner, worker/],
      [['show', 'latest', '--data', missing], 3, /There are no runs in/, /--data DIR/],
      [['show', 'no run id', '--data', folder], 3, /There are no runs/, /baton run/],
      [['run', '--team', join(folder, 'nope.ts'), 'q'], 2, /no team file .*nope.ts/, /--team FILE/],
      [['plan', '--team', file('syntax.ts', '\nexport default {{{')], 2, /syntax.ts:2 could not be loaded/, /tsc/],
      [['plan', '--team', file('throws.ts', "\nthrow new Error('boom')")], 2, /throws.ts:2.*boom/, /Correct/],
      [['plan', '--team', file('none.ts', 'export const a = 1')], 2, /does not export a team/, /defineTeam/],
      [['plan', '--team', join(import.meta.dirname, 'teams/invalid.team.ts')], 2, /goal/, /goal/],
    ]
    await twoAtATime(cases, async ([words, code, message, next]) => {
      const ended = await baton([...words, '--json'])
      const what = words.join(' ').slice(0, 200)
      expect({ what, code: ended.code, stdout: ended.stdout }).toEqual({ what, code, stdout: '' })
      const [{ error }] = jsonLines(ended.stderr) as [{ error: { message: string; next: string } }]
      expect(error.message, what).toMatch(message)
      expect(error.next, what).toMatch(next)
    })
    expect([existsSync(missing), existsSync(data)]).toEqual([false, false])
  }, 60_000)

  it('says the same to people in two lines, without a stack', async () => {
    const ended = await baton(['run', '--team', '/nope.ts', 'q'])
    expect(ended.stderr).toBe(
      'error There is no team file /nope.ts\nnext  Name the file that ends with `export default defineTeam(…)`: --team FILE\n',
    )
    const coloured = await baton(['run', '--team', '/nope.ts', 'q'], { environment: { FORCE_COLOR: '1' } })
    expect(coloured.stderr).toContain('\u001B[31merror')
  })
})
