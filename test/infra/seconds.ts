/** The times of every step of a template: the agent's limit, its function's, its state's, its workflow's. */
import type { Team } from '../../src/define/team.ts'
import { ofType, type Properties, type Resource } from './stacks.ts'

export interface StepSeconds {
  readonly agent: string
  readonly limit: number
  readonly lambda: number
  readonly state: number
  readonly workflow: number
}

interface State {
  readonly Resource?: string
  readonly TimeoutSeconds?: number
  readonly Arguments?: { readonly Payload?: { readonly agent?: string } }
}

export function everythingSeconds(resources: Readonly<Record<string, Resource>>, team: Team): readonly StepSeconds[] {
  const lambdas = new Map(
    ofType(resources, 'AWS::Lambda::Function').map(({ Properties }) => {
      const { Variables } = (Properties['Environment'] ?? {}) as { readonly Variables?: Properties }
      return [Variables?.['BATON_AGENT'], Number(Properties['Timeout'])]
    }),
  )
  return ofType(resources, 'AWS::StepFunctions::StateMachine').flatMap(({ Properties }) => {
    const definition = JSON.parse(String(Properties['DefinitionString'])) as { readonly TimeoutSeconds: number }
    return states(definition).flatMap(({ TimeoutSeconds = Number.POSITIVE_INFINITY, Arguments }) => {
      const agent = team.agents.find(({ name }) => name === Arguments?.Payload?.agent)
      if (agent === undefined) return []
      const { name, limits } = agent
      const lambda = lambdas.get(name) ?? 0
      return [
        { agent: name, limit: limits.seconds, lambda, state: TimeoutSeconds, workflow: definition.TimeoutSeconds },
      ]
    })
  })
}

/** Of the machine and of every machine within it. */
function states(part: unknown): readonly State[] {
  if (typeof part !== 'object' || part === null) return []
  const own = 'States' in part ? Object.values(part.States as Record<string, State>) : []
  const within = Object.entries(part).flatMap(([key, value]) =>
    key === 'States' ? Object.values(value as object).flatMap(states) : states(value),
  )
  return [...own, ...within]
}
