/** Only actions that the rows of a run can really show something of. The others are about organizations, not about runs. */
import type { Json } from '../../schema/json.ts'
import { agentsOf, countBy, distinct, type EvidenceObject, modelsOf, sourcesOf } from './evidence-object.ts'

/** Causes by which a step stops at a bound that was set before. */
const BOUNDS = [
  'turnLimit',
  'tokenLimit',
  'costLimit',
  'timeLimit',
  'attemptLimit',
  'toolCallLimit',
  'maxTokens',
  'budget',
  'loop',
]

export const OBJECTS: readonly EvidenceObject[] = [
  {
    ids: ['GV-1.6-001'],
    object: 'inventory: the agents that ran, with version and content hash',
    query: [{ event: ['start'], has: ['actor'], of: 'agents' }],
    facts: (rows) => ({ agents: agentsOf(rows) }),
  },
  {
    ids: ['GV-1.6-003'],
    object: 'inventory entry: models that answered, data that was read, people who decided',
    query: [{ has: ['model'] }, { has: ['sources'] }, { rule: ['approval.approved', 'approval.denied'] }],
    facts: (rows) => ({
      models: modelsOf(rows),
      sources: sourcesOf(rows).length,
      decisions: countBy(rows, ({ rule }) => rule?.replace('approval.', '')),
    }),
  },
  {
    ids: ['GV-1.7-001'],
    object: 'the means to deactivate in use: brakes and cancellations that stopped something',
    query: [{ rule: ['run.cancel', 'brake.*'] }, { event: ['outcome', 'end'], status: ['braked', 'cancelled'] }],
    facts: (rows) => ({ stops: countBy(rows, ({ rule, status }) => (rule === 'run.cancel' ? rule : status)) }),
  },
  {
    ids: ['GV-6.2-006'],
    object: 'fallback: another model answered, or a model was left alone',
    query: [{ event: ['decision'], rule: ['model.fallback', 'breaker.open', 'throttled', 'limit.degrade'] }],
    facts: (rows) => ({ fallbacks: countBy(rows, ({ rule }) => rule) }),
  },
  {
    ids: ['MP-2.1-001', 'MS-1.1-001'],
    object: 'origin: where the data came from that tools gave to agents, by location and hash',
    query: [{ has: ['sources'] }],
    facts: (rows) => ({ sources: sourcesOf(rows) }),
  },
  {
    ids: ['MP-2.1-002'],
    object: 'data flow: inputs by hash, what was joined, handed on and decided by rule',
    query: [{ event: ['start'], hash: ['input'], of: 'steps' }, { rule: ['join', 'rule.*', 'handoff'] }],
    facts: (rows) => ({ flows: countBy(rows, ({ event, rule }) => rule ?? event) }),
  },
  {
    ids: ['MP-4.1-009'],
    object: 'personal or secret data that a guardrail found and took out: where and by which, never what',
    // By the name that the guardrail has unless a team gives it another: what others change need not be personal.
    query: [{ event: ['decision'], rule: ['guardrail.redact*'], status: ['transformed'] }],
    facts: (rows) => ({ redactions: rows.map(({ rule, reason }) => `${rule}: ${reason ?? ''}`) }),
  },
  {
    ids: ['MS-2.5-003'],
    object: "outputs that a team's own check (of quotes, sources, figures) refused",
    query: [{ event: ['rejection'], status: ['checkRejected'], notRule: ['guardrail', 'guardrail.*'] }],
    facts: (rows) => ({ refused: countBy(rows, ({ rule }) => rule) }),
  },
  {
    ids: ['MS-2.7-001'],
    object: "what an agent's own rights denied: attempts at records, models, secrets or tools of others",
    query: [{ event: ['decision'], rule: ['permission.denied'] }],
    facts: (rows) => ({ denied: rows.map(({ reason }) => reason ?? '') }),
  },
  {
    ids: ['MS-2.7-004'],
    object: 'attempts that were refused: calls outside grants, schema, policy or limits; people who may not decide',
    query: [
      { event: ['tool'], status: ['denied'] },
      { event: ['decision'], rule: ['permission.denied', 'approval.forbidden', 'approval.refused'] },
    ],
    facts: (rows) => ({ refused: rows.length, byRule: countBy(rows, ({ rule }) => rule) }),
  },
  {
    ids: ['MS-2.9-002'],
    object: 'card of each agent and model that answered: version, content hash, parameters',
    query: [{ event: ['start'], has: ['actor'], of: 'agents' }, { has: ['model'] }],
    facts: (rows) => ({
      agents: agentsOf(rows),
      models: distinct(rows.flatMap(({ model }) => (model === undefined ? [] : [model as Json]))),
    }),
  },
  {
    ids: ['MS-4.2-004'],
    object: 'overrides: what people decided otherwise than an agent had it, or a deadline did for them',
    query: [
      { event: ['decision'], rule: ['approval.denied', 'approval.expired'] },
      { event: ['decision'], rule: ['approval.approved'], hash: ['edited'] },
      { event: ['decision'], rule: ['approval.approved'], hash: ['answer'], askedBy: ['approval.limit'] },
    ],
    facts: (rows) => ({
      overrides: rows.length,
      by: countBy(rows, ({ rule, hashes }) => {
        if (rule !== 'approval.approved') return rule?.replace('approval.', '')
        return hashes?.['edited'] === undefined ? 'answered' : 'edited'
      }),
      reasons: rows.map(({ reason }) => reason ?? ''),
    }),
  },
  {
    ids: ['MG-2.4-002'],
    object: 'bounds that ended or held up a step, or were put before a person',
    query: [
      { event: ['outcome'], status: [...BOUNDS, 'braked'] },
      {
        rule: ['limit.*', 'approval.limit', 'breaker.open', 'toolCallLimit', 'loop', 'callsPerAnswer', 'contextTokens'],
      },
    ],
    facts: (rows) => ({ trips: countBy(rows, ({ event, rule, status }) => (event === 'outcome' ? status : rule)) }),
  },
  {
    ids: ['MG-3.2-005'],
    object: "filter decisions: guardrails that refused or changed something, and the provider's content filter",
    query: [{ rule: ['guardrail', 'guardrail.*'] }, { event: ['outcome'], status: ['refused'] }],
    facts: (rows) => ({ decisions: countBy(rows, ({ rule, status }) => [rule, status].filter(Boolean).join(' ')) }),
  },
  {
    ids: ['MG-4.3-002'],
    object: 'errors and near misses: what failed, was refused, or ended without its output',
    query: [
      { event: ['tool'], status: ['error', 'unknown', 'denied'] },
      { event: ['rejection'] },
      { event: ['outcome'], notStatus: ['completed'] },
      { event: ['end'], notStatus: ['succeeded'] },
    ],
    facts: (rows) => ({ register: countBy(rows, ({ event, status, rule }) => `${event} ${status ?? rule ?? ''}`) }),
  },
]
