import type { Agent } from '../../define/agent.ts'
import type { Team } from '../../define/team.ts'
import { InvalidRequest, NotFound } from '../../errors.ts'
import { type AgentPermissions, explainAgent } from '../../permissions/explain-statements.ts'
import { type Finding, reviewGrants, reviewUse } from '../../permissions/review.ts'
import { type Command, EXIT, JSON_OPTION } from '../command.ts'
import { jsonText, plural, printable, table } from '../format.ts'
import { loadTeam } from '../load-team.ts'
import { openPlace } from '../place.ts'
import { REMOTE_OPTIONS } from '../remote/remote-target.ts'
import { DATA_OPTION, TEAM_OPTION, text } from '../session.ts'
import { usedIn } from '../used-grants.ts'

/** `baton permissions AGENT`, `baton permissions check` */
export const permissions: Command = {
  name: 'permissions',
  summary: 'Prints what an agent can do, and by which declaration; or checks that no grant is too wide or never used.',
  usage: 'AGENT|check [--team FILE] [--runs N]',
  details:
    'The statements are those that a deployment gives the agent’s role, with a laptop’s names for tables and buckets. `check` ends with code 1 where it finds something; with --runs it also names what recorded runs never used.',
  positionals: 1,
  options: async () => ({
    runs: { type: 'string', hint: 'N', description: 'With check: held against the newest N runs, 1 to 1000' },
    ...TEAM_OPTION,
    ...DATA_OPTION,
    ...REMOTE_OPTIONS,
    ...JSON_OPTION,
  }),
  async run({ values, positionals: [word] }) {
    const { team } = await loadTeam(text(values, 'team'))
    const print = (value: unknown, words: () => string) =>
      void process.stdout.write(`${values['json'] ? jsonText(value) : words()}\n`)
    if (word === 'check') {
      const findings = [...reviewGrants(team), ...(await findingsOfRuns(team, values))]
      print(findings, () => renderFindings(findings))
      return findings.length === 0 ? EXIT.ok : EXIT.runFailed
    }
    const explained = explainAgent(agentOf(word, team), team)
    print(explained, () => render(explained))
    return EXIT.ok
  },
}

async function findingsOfRuns(team: Team, values: Parameters<typeof openPlace>[0]): Promise<readonly Finding[]> {
  const word = text(values, 'runs')
  if (word === undefined) return []
  const limit = Number(word)
  if (Number.isInteger(limit) && limit >= 1 && limit <= 1_000) {
    const used = await usedIn(team, (await openPlace(values)).runs, limit)
    return used.runs === 0 ? [] : reviewUse(team, used)
  }
  throw new InvalidRequest({ message: `--runs is ${JSON.stringify(word)}`, next: 'Give a number from 1 to 1000.' })
}

function agentOf(name: string | undefined, { agents }: Team): Agent {
  const agent = agents.find((one) => one.name === name)
  if (agent !== undefined) return agent
  const next = `Name one of: ${agents.map((one) => one.name).join(', ')}; or check`
  if (name === undefined) throw new InvalidRequest({ message: 'Which agent? Its name is missing', next })
  throw new NotFound({ message: `The team has no agent ${JSON.stringify(name)}`, next })
}

function render({ agent, kind, workflows, may, never }: AgentPermissions): string {
  const where = workflows.length === 0 ? 'no workflow' : workflows.join(', ')
  const blocks = may.map(({ does, because, actions, resources, keys }) =>
    [
      `${agent} ${does}`,
      `  because  ${because}`,
      `  actions  ${actions.join(', ')}`,
      `  on       ${resources.join('\n           ')}`,
      ...(keys.length === 0 ? [] : [`  only     ${keys.join('\n           ')}`]),
    ].join('\n'),
  )
  const head = `${agent} (${kind}) works in ${where}. Its role may:`
  return printable([head, ...blocks, `Never, whatever a policy says: ${never.join('; ')}.`].join('\n\n'))
}

function renderFindings(findings: readonly Finding[]): string {
  if (findings.length === 0) return 'No grant is too wide, and none that is never used.'
  const rows = findings.map(({ agent, rule, what, remedy }) => [agent, rule, what, remedy])
  return `${printable(table([['agent', 'rule', 'what', 'remedy'], ...rows]))}\n${plural(findings.length, 'finding')}`
}
