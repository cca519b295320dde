/** `baton memory`: what a team remembers from run to run, who said so, and how a person has it forgotten. */
import { systemClock } from '../../clock.ts'
import { type MemorySpace, spacesOf } from '../../define/memory.ts'
import { InvalidRequest, NotFound } from '../../errors.ts'
import { energeticEmbedder } from '../../memory/energetic-embedder.ts'
import { type Memory, openMemory } from '../../memory/memory.ts'
import type { Fact, Tombstone } from '../../schema/memory.ts'
import { principalHere } from '../approvals-here.ts'
import { type Command, EXIT, JSON_OPTION, type Parsed } from '../command.ts'
import { jsonText, plural, printable, table } from '../format.ts'
import { loadTeam } from '../load-team.ts'
import { DATA_OPTION, openExistingData, TEAM_OPTION, text } from '../session.ts'

const ASKS = ['search', 'history', 'forget-source', 'forget-subject'] as const
type Values = Parsed['values']

/** `baton memory [SPACE]` */
export const memory: Command = {
  name: 'memory',
  summary: 'Shows what a team remembers from run to run and where it has it from, searches it, or has it forgotten.',
  usage: '[SPACE] [--search TEXT | --history SUBJECT | --forget-source SOURCE --reason TEXT | …]',
  details: [
    'Without SPACE: the spaces of the team. What is forgotten is found by no run any more, and its text is erased; a',
    'source that is forgotten is not remembered again.',
  ].join('\n'),
  positionals: 1,
  options: async () => ({
    search: { type: 'string', hint: 'TEXT', description: 'Facts that fit, best first' },
    history: { type: 'string', hint: 'SUBJECT', description: 'Every version about it, also what was forgotten' },
    'forget-source': { type: 'string', hint: 'SOURCE', description: 'Forget all that comes from it, and refuse it' },
    'forget-subject': { type: 'string', hint: 'SUBJECT', description: 'Forget all about it' },
    reason: { type: 'string', hint: 'TEXT', description: 'Why it is forgotten: it is kept' },
    as: { type: 'string', hint: 'NAME', description: 'Who you are, as local:NAME. Claimed, not proven' },
    ...TEAM_OPTION,
    ...DATA_OPTION,
    ...JSON_OPTION,
  }),
  async run({ values, positionals: [name] }) {
    const asked = ASKS.filter((one) => text(values, one) !== undefined)
    const [ask] = asked
    if (asked.length > 1 || (ask !== undefined && name === undefined)) {
      const message =
        name === undefined ? `--${ask} needs the name of a space` : `One at a time: --${asked.join(', --')}`
      throw new InvalidRequest({ message, next: 'baton memory lists the spaces; baton memory --help' })
    }
    const { team } = await loadTeam(text(values, 'team'))
    const { stores } = openExistingData(values)
    try {
      const { records } = stores
      const kept = openMemory({ records, team: team.name, clock: systemClock, embedder: energeticEmbedder() })
      const spaces = spacesOf(team.agents)
      if (name === undefined) return await listSpaces(spaces, kept, values)
      if (!spaces.some((one) => one.name === name)) throw unknown(name, spaces)
      if (ask === undefined) return say({ facts: await kept.facts(name) }, factLines, values)
      return await answer(name, ask, kept, values)
    } finally {
      stores.close()
    }
  },
}

async function answer(space: string, ask: (typeof ASKS)[number], kept: Memory, values: Values): Promise<number> {
  const what = text(values, ask) ?? ''
  if (ask === 'search') {
    const hits = await kept.search(space, { query: what, limit: MOST_FOUND })
    return say({ facts: hits.map(({ fact }) => fact), by: hits.by }, factLines, values)
  }
  if (ask === 'history') return say({ versions: await kept.history(space, what) }, historyLines, values)
  const reason = text(values, 'reason')
  if (reason === undefined) {
    throw new InvalidRequest({ message: 'Why it is forgotten is not said', next: `Give --${ask} … --reason TEXT` })
  }
  const target = ask === 'forget-source' ? { source: what } : { subject: what }
  const done = await kept.forget(space, target, { by: { person: principalHere(text(values, 'as')) }, reason })
  return say(done, ({ forgotten }) => `${plural(forgotten, 'version')} forgotten.`, values)
}

const MOST_FOUND = 20

async function listSpaces(spaces: readonly MemorySpace[], kept: Memory, values: Values): Promise<number> {
  const told = await Promise.all(
    spaces.map(async ({ name, description, labels }) => {
      const { length: facts } = await kept.facts(name)
      return { name, facts, labels, description }
    }),
  )
  return say(
    { spaces: told },
    () =>
      told.length === 0
        ? 'The team has no memory.'
        : table([
            ['space', 'facts', 'takes', 'what'],
            ...told.map((one) => [
              one.name,
              String(one.facts),
              one.labels.join(', ') || '-',
              printable(one.description),
            ]),
          ]),
    values,
  )
}

function say<T>(value: T, words: (value: T) => string, values: Values): number {
  process.stdout.write(`${values['json'] ? jsonText(value) : words(value)}\n`)
  return EXIT.ok
}

function factLines({ facts }: { readonly facts: readonly Fact[] }): string {
  return facts.length === 0 ? 'Nothing is there.' : table([HEADER, ...facts.map((fact) => row(fact, fact.text))])
}

function historyLines({ versions }: { readonly versions: readonly (Fact | Tombstone)[] }): string {
  if (versions.length === 0) return 'Nothing was remembered about it.'
  return table([
    HEADER,
    ...versions.map((one) =>
      'text' in one
        ? row(one, one.text)
        : row(one, `(forgotten ${shortTime(one.forgotten.at)}: ${one.forgotten.reason})`),
    ),
  ])
}

const HEADER = ['subject', 'version', 'remembered (UTC)', 'by', 'run', 'source', 'fact']

function row({ subject, version, at, by, source }: Fact | Tombstone, words: string): readonly string[] {
  return [subject, String(version), shortTime(at), by.agent, by.runId, source, words].map(printable)
}

function shortTime(iso: string): string {
  return iso.slice(0, 19).replace('T', ' ')
}

function unknown(name: string, spaces: readonly MemorySpace[]): NotFound {
  const known = spaces.map((space) => space.name).join(', ') || 'none'
  return new NotFound({ message: `The team has no space ${JSON.stringify(name)}`, next: `Its spaces: ${known}` })
}
