/** The auditability card of a run as Markdown, on about a page. */
import type { Card } from '../audit/evidence/card.ts'
import { clip, formatTokens, formatUsd, plural } from './format.ts'

/** Of long lists; the JSON has them all. */
const LISTED = 12

export function renderCard(card: Card): string {
  const { run, record, agents, models, sources, decisions, refused, usage, gaps } = card
  const by = run.startedBy === null ? 'somebody whom the host did not know' : plain(run.startedBy)
  const cost = usage === null ? 'not known yet' : formatUsd(usage.costUsd)
  return [
    `# Auditability card: run ${run.runId}`,
    '',
    `Workflow ${run.workflow} ${run.workflowVersion} of team ${run.team} (${short(run.teamSha256)}): ${run.status}.`,
    `Started ${run.startedAt} by ${by}; ${run.endedAt === null ? 'not ended' : `ended ${run.endedAt}`}.`,
    `Cost: ${cost}.`,
    ...section('Record', recordLines(record)),
    ...section(
      'Agents',
      agents.map(({ agent, version, sha256, role }) => `${agent} ${version} (${short(sha256)}): ${plain(role)}`),
    ),
    ...section('Models', models.map(modelLine)),
    ...section(
      'Data that tools read',
      sources.map(({ uri, sha256, lines }) => {
        const where = lines === undefined ? '' : `, lines ${lines.join(' to ')}`
        return `${plain(uri)} (${short(sha256)}${where})`
      }),
    ),
    ...section(
      'Decisions of people',
      decisions.map((one) => `${one.at} ${plain(one.stepId)}: ${one.said}, ${plain(one.by)}`),
    ),
    ...section(
      'Refused by rule',
      Object.entries(refused).map(([rule, count]) => `${plain(rule)}: ${plural(count, 'time')}`),
    ),
    ...section('What this record cannot show', gaps, gaps.length),
  ].join('\n')
}

function recordLines({ status, rows, chains, sealed, findings }: Card['record']): string[] {
  const by = sealed.by.map((kind) => (kind === 'kms' ? 'a key of KMS' : 'a key of the data folder')).join(' and ')
  const until = sealed.until === undefined ? '' : `, up to ${sealed.until}`
  return [
    `${plural(rows, 'row')} in ${plural(chains, 'chain')}: ${status}`,
    sealed.seals === 0 ? 'not sealed' : `${plural(sealed.rows, 'row')} sealed by ${by}${until}`,
    ...findings.map(plain),
  ]
}

function modelLine({ provider, id, answers, inputTokens, outputTokens, costUsd }: Card['models'][number]): string {
  const tokens = `${formatTokens(inputTokens)} tokens in, ${formatTokens(outputTokens)} out`
  return `${plain(provider)} ${plain(id)}: ${plural(answers, 'answer')}, ${tokens}, ${formatUsd(costUsd)}`
}

function section(title: string, lines: readonly string[], most = LISTED): string[] {
  const shown = lines.slice(0, most).map((line) => `- ${line}`)
  const more = lines.length > most ? [`- and ${lines.length - most} more`] : []
  return ['', `## ${title}`, '', ...(lines.length === 0 ? ['- none'] : [...shown, ...more])]
}

/** On one line, and no Markdown: others wrote it. */
function plain(text: string): string {
  return clip(text, 200).replaceAll(/[\\`*_[\]<>#|]/g, '\\$&')
}

function short(sha256: string): string {
  return sha256.slice(0, 12)
}
