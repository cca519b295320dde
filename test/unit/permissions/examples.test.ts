/** The roles that the examples' agents would have: no wildcard action in any, and nothing that a review finds. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { describe, expect, it } from 'vitest'
import type { Team } from '../../../src/define/team.ts'
import { explainAgent } from '../../../src/permissions/explain-statements.ts'
import {
  agentStatements,
  laptopResources,
  secretStatements,
  toolStatements,
  workflowsOf,
} from '../../../src/permissions/index.ts'
import { reviewGrants } from '../../../src/permissions/review.ts'

const EXAMPLES = join(import.meta.dirname, '../../../examples')
const loaded = await Promise.all(
  readdirSync(EXAMPLES).map(async (name) => {
    const { default: team }: { readonly default: Team } = await import(
      pathToFileURL(join(EXAMPLES, name, 'team.ts')).href
    )
    return { name, team }
  }),
)

describe.each(loaded)('$name', ({ team }) => {
  const resources = laptopResources(team, {})
  const statements = [
    ...team.agents.flatMap((agent) => agentStatements(agent, { ...resources, workflows: workflowsOf(agent, team) })),
    ...toolStatements(team.tools),
    ...secretStatements(team.tools, resources.place),
  ]

  it('has no wildcard action in any role', () => {
    expect(statements.flatMap(({ Action }) => Action).filter((action) => /[*?]/.test(action))).toEqual([])
  })

  it('has no pattern of keys, and a guard against a request without them', () => {
    const own = statements.filter(({ Resource }) => Resource.some((arn) => /table\/(records|journal)$/.test(arn)))
    expect(own.length).toBeGreaterThan(0)
    for (const { Condition } of own) {
      expect(Condition?.['ForAllValues:StringLike']).toBeUndefined()
      expect(Condition?.Null).toMatchObject({ 'dynamodb:LeadingKeys': 'false', 'aws:PrincipalTag/runId': 'false' })
    }
  })

  it('is found nothing wrong with, and everything in it can be explained', () => {
    expect(reviewGrants(team)).toEqual([])
    for (const agent of team.agents) {
      const words = explainAgent(agent, team).may.map(({ does, because }) => [does, because])
      expect(words.flat().filter((text) => text === '' || text === 'does what the statement says')).toEqual([])
    }
  })
})
