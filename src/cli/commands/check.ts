/** `baton check`: a folder of recorded runs as a regression test of a team. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { InvalidRequest, NotFound } from '../../errors.ts'
import { ALLOWED, type Allowed } from '../../replay/check-differences.ts'
import { type Checked, checkRun } from '../../replay/check-run.ts'
import { RECORDING_SUFFIX, readRecording, recordingText } from '../../replay/recording-file.ts'
import { type Command, EXIT, JSON_OPTION, type Parsed } from '../command.ts'
import { clip, jsonText, painter, plural, printable } from '../format.ts'
import { loadTeam } from '../load-team.ts'
import { recordingOf } from '../recordings.ts'
import { REMOTE_OPTIONS } from '../remote/remote-target.ts'
import { DATA_OPTION, TEAM_OPTION, text } from '../session.ts'

/** `baton check DIR` */
export const check: Command = {
  name: 'check',
  summary:
    'Holds a team as it is now against a folder of recorded runs: no model is asked, no tool runs, nothing is spent.',
  usage: 'DIR [--team FILE] [--allow prompt,model] | DIR --add RUN',
  details:
    'Agents, rules and the machine run as they are now; the models’ answers, the tools’ results and what people said come from the record. The first thing that comes otherwise is told for each run. Exit code 1 where anything differs or cannot be checked.\n--add RUN puts a run into the folder. A recording holds the content of the run: review it before it goes into a repository.',
  positionals: 1,
  options: async () => ({
    add: { type: 'string', hint: 'RUN', description: 'Records this run into the folder; checks nothing' },
    allow: { type: 'string', hint: 'WHAT', description: 'Changes that are no difference: prompt, model or both' },
    ...TEAM_OPTION,
    ...DATA_OPTION,
    ...REMOTE_OPTIONS,
    ...JSON_OPTION,
  }),
  async run({ values, positionals }) {
    const folder = positionals[0]
    if (folder === undefined) {
      throw new InvalidRequest({ message: 'Which folder of recordings?', next: 'baton check DIR' })
    }
    const added = text(values, 'add')
    return added === undefined ? checkAll(folder, values) : add(folder, added, values)
  },
}

async function add(folder: string, word: string, values: Parsed['values']): Promise<number> {
  const { recording } = await recordingOf(word, values)
  const { runId, status } = recording.run
  if (status === 'running' || status === 'interrupted') {
    throw new InvalidRequest({ message: `Run ${runId} has not ended: it is ${status}`, next: `baton show ${runId}` })
  }
  // Where the team's file lies on this machine is nobody else's business.
  const { teamFile: _, ...run } = recording.run
  const file = join(folder, `${runId}${RECORDING_SUFFIX}`)
  const content = recordingText({ ...recording, run })
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, content)
  const bytes = Buffer.byteLength(content)
  process.stdout.write(values['json'] ? `${jsonText({ file, bytes })}\n` : `${file}: ${bytes} bytes\n`)
  return EXIT.ok
}

async function checkAll(folder: string, values: Parsed['values']): Promise<number> {
  const files = filesIn(folder)
  const { team } = await loadTeam(text(values, 'team'))
  const allow = allowedOf(text(values, 'allow'))
  const scratch = mkdtempSync(join(tmpdir(), 'baton-check-'))
  const checked: (Checked & { readonly file: string })[] = []
  try {
    for (const file of files) {
      const recording = readRecording(readFileSync(join(folder, file), 'utf8'), file)
      checked.push({ file, ...(await checkRun(recording, team, { allow, folder: join(scratch, file) })) })
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true })
  }
  const isSame = checked.every(({ status }) => status === 'same')
  process.stdout.write(values['json'] ? `${jsonText({ isSame, checked })}\n` : `${render(checked)}\n`)
  return isSame ? EXIT.ok : EXIT.runFailed
}

/** @throws NotFound where there is none, so that a wrong folder is no green light. */
function filesIn(folder: string): readonly string[] {
  let files: string[] = []
  try {
    files = readdirSync(folder).filter((name) => name.endsWith(RECORDING_SUFFIX))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error
  }
  if (files.length > 0) return files.sort()
  const next = `Record a run into it: baton check ${folder} --add RUN`
  throw new NotFound({ message: `There are no recordings in ${folder}`, next })
}

function allowedOf(words: string | undefined): ReadonlySet<Allowed> {
  const given = words === undefined ? [] : words.split(',')
  const unknown = given.find((word) => !(ALLOWED as readonly string[]).includes(word))
  if (unknown === undefined) return new Set(given as Allowed[])
  const message = `--allow takes ${ALLOWED.join(', ')}, not ${JSON.stringify(unknown)}`
  throw new InvalidRequest({ message, next: '--allow prompt' })
}

const COLUMNS = 200

function render(checked: readonly (Checked & { readonly file: string })[]): string {
  const paint = painter(process.stdout)
  const lines = checked.flatMap((one) => {
    const name = one.file.slice(0, -RECORDING_SUFFIX.length)
    if (one.status === 'same') return [`${paint('green', 'same   ')}  ${name}  ${plural(one.steps, 'step')}`]
    if (one.status === 'cannot') return [`${paint('red', 'cannot ')}  ${name}  ${printable(one.why)}`]
    const { what, step, turn, expected, came } = one.difference
    const where = [step, turn === undefined ? undefined : `turn ${turn}`]
      .filter((part) => part !== undefined)
      .join(', ')
    return [
      `${paint('red', 'differs')}  ${name}  ${what}${where === '' ? '' : ` at ${printable(where)}`}`,
      `           expected  ${clip(expected, COLUMNS)}`,
      `           came      ${clip(came, COLUMNS)}`,
    ]
  })
  const count = (status: Checked['status']) => checked.filter((one) => one.status === status).length
  return [
    ...lines,
    `${count('same')} same, ${count('differs')} differ, ${count('cannot')} cannot be checked; 0 model calls`,
  ].join('\n')
}
