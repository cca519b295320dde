/** `baton explain`: who decided what in a run, why, on what data, at what cost, allowed by whom. */
import { writeFileSync } from 'node:fs'
import { attribute } from '../../audit/explain/attribute.ts'
import type { Decision } from '../../audit/explain/decision.ts'
import { decisionsOf } from '../../audit/explain/decisions.ts'
import { type Lineage, lineageOf } from '../../audit/explain/lineage.ts'
import { isEffect, unexplainedEffects } from '../../audit/explain/unexplained-effects.ts'
import { InvalidRequest } from '../../errors.ts'
import { svgOf } from '../../workflow/svg.ts'
import { attributionLines } from '../attribution-words.ts'
import { type Command, EXIT, JSON_OPTION, type Parsed } from '../command.ts'
import { decisionInFull, decisionTable, type Totals, totalLines } from '../explain-words.ts'
import { type ExplainedRun, explainedRun } from '../explained-run.ts'
import { jsonText, plural, printable } from '../format.ts'
import { lineageGraph } from '../lineage-picture.ts'
import { loadChecks } from '../load-checks.ts'
import { REMOTE_OPTIONS } from '../remote/remote-target.ts'
import { DATA_OPTION, TEAM_OPTION, text } from '../session.ts'

/** `baton explain RUN` */
export const explain: Command = {
  name: 'explain',
  summary: 'Says who decided what in a run, why, on what data, at what cost, allowed by whom.',
  usage: 'RUN [--decision N [--content] | --checks FILE | --lineage FILE]',
  details:
    'Without a team file it tells what the rows say; with one, also which tools a model could choose from. A rule named `declared` means that the agent has the tool and nothing stood against the call.',
  positionals: 1,
  options: async () => ({
    decision: { type: 'string', hint: 'N', description: 'One decision, in full' },
    content: { type: 'boolean', description: 'With it what lies beside its row: an answer, arguments, a result' },
    checks: {
      type: 'string',
      hint: 'FILE',
      description: 'Who turned right into wrong, by what is right: {"step": {"equals": …}} as JSON, or a module',
    },
    lineage: { type: 'string', hint: 'FILE', description: 'Write where its data came from and went: .svg or .json' },
    export: { type: 'string', hint: 'FILE', description: 'Of a run as `baton audit export` wrote it, in place of RUN' },
    ...TEAM_OPTION,
    ...DATA_OPTION,
    ...REMOTE_OPTIONS,
    ...JSON_OPTION,
  }),
  async run(parsed) {
    const { values } = parsed
    const checksFile = text(values, 'checks')
    const lineageFile = text(values, 'lineage')
    const checks = checksFile === undefined ? undefined : await loadChecks(checksFile)
    const explained = await explainedRun(parsed)
    if (checks !== undefined) {
      const found = attribute(explained.audit, checks, sourcesOf(explained))
      process.stdout.write(
        `${values['json'] ? jsonText(found) : attributionLines(found, explained.audit.rows).join('\n')}\n`,
      )
      return EXIT.ok
    }
    if (lineageFile !== undefined) {
      writeLineage(lineageFile, lineageOf(explained.audit, sourcesOf(explained)))
      return EXIT.ok
    }
    const decisions = decisionsOf(explained.audit, explained.team)
    const wanted = text(values, 'decision')
    const words = wanted === undefined ? all(explained, decisions, values) : one(explained, decisions, wanted, values)
    process.stdout.write(`${words}\n`)
    return EXIT.ok
  },
}

function sourcesOf({ team, workflow, run }: ExplainedRun) {
  return { team, workflow, input: run?.input }
}

function writeLineage(file: string, lineage: Lineage): void {
  const { nodes, edges } = lineage
  const isPicture = file.endsWith('.svg')
  if (!isPicture && !file.endsWith('.json')) {
    throw new InvalidRequest({ message: `${file} is neither .svg nor .json`, next: 'Give --lineage data.svg' })
  }
  const content = isPicture ? svgOf(lineageGraph(lineage)) : `${jsonText(lineage, 2)}\n`
  try {
    writeFileSync(file, content)
  } catch (error) {
    throw new InvalidRequest({
      message: `${file} cannot be written: ${(error as Error).message}`,
      next: 'Name a file in a folder that there is.',
      cause: error,
    })
  }
  const counts = `${plural(nodes.length, 'node')}, ${plural(edges.length, 'edge')}`
  process.stdout.write(`${printable(file)}  ${counts}\n`)
}

function all(explained: ExplainedRun, decisions: readonly Decision[], values: Parsed['values']): string {
  const { audit, run } = explained
  const totals = totalsOf(explained, decisions)
  if (values['json']) return jsonText({ runId: audit.runId, ...(run && { status: run.status }), totals, decisions })
  const status = run === undefined ? '' : `  ${run.status}`
  const head = `run ${audit.runId}${status}`
  if (decisions.length === 0) return `${head}\n\nNothing was decided yet.`
  return [head, '', decisionTable(decisions), '', ...totalLines(totals)].join('\n')
}

function one(
  { audit }: ExplainedRun,
  decisions: readonly Decision[],
  wanted: string,
  values: Parsed['values'],
): string {
  const decision = /^\d{1,9}$/.test(wanted) ? decisions[Number(wanted) - 1] : undefined
  if (decision === undefined) {
    throw new InvalidRequest({
      message: `Run ${audit.runId} has no decision ${JSON.stringify(wanted)}: it has ${decisions.length}`,
      next: `baton explain ${audit.runId} lists them.`,
    })
  }
  const body = decision.bodySha256 === undefined ? undefined : audit.bodies?.[decision.bodySha256]
  const asked = values['content'] === true
  if (values['json']) return jsonText({ runId: audit.runId, decision, ...(asked && { content: body ?? null }) })
  return decisionInFull(decision, audit.rows, { asked, body })
}

function totalsOf({ audit, team, effects }: ExplainedRun, decisions: readonly Decision[]): Totals {
  const kinds = Map.groupBy(decisions, ({ kind }) => kind)
  const costs = decisions.flatMap(({ costUsd }) => (costUsd === undefined ? [] : [costUsd]))
  return {
    decisions: decisions.length,
    byKind: Object.fromEntries([...kinds].map(([kind, { length }]) => [kind, length])),
    costUsd: costs.reduce<number | null>((sum, cost) => (sum === null || cost === null ? null : sum + cost), 0),
    effects: audit.rows.filter(isEffect).length,
    unexplained: unexplainedEffects(audit, { team, effects }),
  }
}
