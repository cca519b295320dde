/** `secretsmanager:GetSecretValue` on exactly the secrets that tools name. */
import type { Tool } from '../define/tool.ts'
import type { Place } from './resources.ts'
import type { Statement } from './statement.ts'

/** Secrets Manager ends each ARN with a hyphen and six characters of its own. */
const SUFFIX = '-??????'

/** @param tools Those that run under the role: an isolated tool has one of its own. */
export function secretStatements(tools: readonly Tool[], place: Place): readonly Statement[] {
  const names = [...new Set(tools.flatMap(({ secrets }) => secrets))]
  if (names.length === 0) return []
  return [
    {
      Sid: 'ReadOwnSecrets',
      Effect: 'Allow',
      Action: ['secretsmanager:GetSecretValue'],
      Resource: names.map((name) => `${namedArn(name, place)}${SUFFIX}`),
    },
  ]
}

/** One that Secrets Manager might have made. */
export function someSecretArn(name: string, place: Place): string {
  return madeSecretArn(namedArn(name, place))
}

/** @param arn Up to the secret's name. */
export function madeSecretArn(arn: string): string {
  return `${arn}${SUFFIX.replaceAll('?', 'A')}`
}

function namedArn(name: string, { partition, region, account, team }: Place): string {
  return `arn:${partition}:secretsmanager:${region}:${account}:secret:${secretIdOf(team, name)}`
}

/** What a team's secret is called in Secrets Manager: no other team's is. */
export function secretIdOf(team: string, name: string): string {
  return `baton/${team}/${name}`
}
