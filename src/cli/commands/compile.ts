import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { compile } from '../../workflow/compile.ts'
import { graphOf } from '../../workflow/graph.ts'
import { svgOf } from '../../workflow/svg.ts'
import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { jsonText } from '../format.ts'
import { loadTeam } from '../load-team.ts'
import { TEAM_OPTION, text } from '../session.ts'

/** `baton compile`: state machines and pictures as files, to read, review and deploy. */
export const compileCommand: Command = {
  name: 'compile',
  summary: "Writes each workflow's state machine (Amazon States Language, JSONata) and its picture (SVG).",
  usage: '[--team FILE] [--out DIR]',
  positionals: 0,
  options: async () => ({
    ...TEAM_OPTION,
    out: { type: 'string', hint: 'DIR', description: 'Folder to write to. Default: statemachines' },
    ...JSON_OPTION,
  }),
  async run({ values }) {
    const { team } = await loadTeam(text(values, 'team'))
    const folder = text(values, 'out') ?? 'statemachines'
    const compiled = [...compile(team).values()]
    if (values['json']) {
      process.stdout.write(`${jsonText(compiled)}\n`)
      return EXIT.ok
    }
    mkdirSync(folder, { recursive: true })
    for (const { name, definition, sha256 } of compiled) {
      const file = join(folder, `${name}.asl.json`)
      writeFileSync(file, `${JSON.stringify(definition, undefined, 2)}\n`)
      const workflow = team.workflows.find((candidate) => candidate.name === name)
      if (workflow) writeFileSync(join(folder, `${name}.svg`), svgOf(graphOf(workflow)))
      const states = Object.keys(definition.States).length
      process.stdout.write(`${file}  ${states} states, ${sha256.slice(0, 12)}\n${join(folder, `${name}.svg`)}\n`)
    }
    return EXIT.ok
  },
}
