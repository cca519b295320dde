import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { jsonText, printable } from '../format.ts'
import { loadTeam } from '../load-team.ts'
import { placeWords } from '../place-words.ts'
import { releaseHere } from '../released/release-here.ts'
import { DATA_OPTION, openData, TEAM_OPTION, text } from '../session.ts'

/** `baton release` */
export const release: Command = {
  name: 'release',
  summary: 'Bundles a team file with all that it imports, registers the versions in it, and has released runs take it.',
  usage: '[--team FILE] [--strict] [--hold] [--reason TEXT]',
  details: [
    'A run that was started with `baton run --released NAME` or `baton serve --released NAME` goes on with its own release,',
    'whatever becomes of the sources. What changed under a version that is taken gets the next patch number. This is for',
    'the data folder; a deployed team is released by deploying it. Needs esbuild: npm i -D esbuild',
  ].join('\n'),
  positionals: 0,
  options: async () => ({
    ...TEAM_OPTION,
    strict: { type: 'boolean', description: 'Refuse what changed under a version that is taken' },
    hold: { type: 'boolean', description: 'Record it only: starts take it by `baton canary` or `baton rollback --to`' },
    reason: { type: 'string', hint: 'TEXT', description: 'Why, for the record' },
    ...DATA_OPTION,
    ...JSON_OPTION,
  }),
  async run({ values }) {
    const { file } = await loadTeam(text(values, 'team'))
    const done = await releaseHere(file, () => openData(values), {
      reason: text(values, 'reason') || undefined,
      isStrict: values['strict'] === true,
      isHeld: values['hold'] === true,
    })
    const { team, release, isNew, isStable } = done
    if (values['json'] === true) {
      process.stdout.write(`${jsonText({ team, release, isNew, isStable })}\n`)
      return EXIT.ok
    }
    const { sequence, contents = {} } = release
    const place = placeWords(values)
    const lines = [
      `${isNew ? 'Released' : 'Nothing has changed since'} ${team} ${sequence}: bundle ${release.bundle?.slice(0, 12)}`,
      ...Object.entries(contents).map(([name, version]) => `  ${name.replace('/', ' ')} ${version}`),
      isStable
        ? `Start it:   npx baton run --released ${team}${place}`
        : `Starts do not take it yet. Try it: npx baton canary start --name ${team} --release ${sequence} --percent 10 --reason TEXT${place}`,
      `See it all: npx baton versions --name ${team}${place}`,
    ]
    process.stdout.write(`${printable(lines.join('\n'))}\n`)
    return EXIT.ok
  },
}
