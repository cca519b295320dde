/** What stands on a laptop for the ARNs of a deployed team, so that the same statements can be asked there. */
import type { Team } from '../define/team.ts'
import { type AgentResources, versionsOf } from './resources.ts'

/** Where models are that do not say it. */
export const HERE = 'local'
const ACCOUNT = '000000000000'
const DYNAMODB = `arn:aws:dynamodb:${HERE}:${ACCOUNT}:table`

export interface LaptopModel {
  /** @default HERE */
  readonly place?: string | undefined
  /** Of a server that answers with one model, whatever id it is asked for. */
  readonly fixedModelId?: string | undefined
}

/** Of every agent of the team, but for the workflows that it works in. Each model is asked as Bedrock's would be. */
export function laptopResources(
  { name, tools }: Pick<Team, 'name' | 'tools'>,
  { place = HERE, fixedModelId }: LaptopModel,
): AgentResources {
  const isolated = tools.filter((tool) => tool.isolated)
  return {
    recordsTableArn: `${DYNAMODB}/records`,
    journalTableArn: `${DYNAMODB}/journal`,
    artifactsBucketArn: 'arn:aws:s3:::artifacts',
    place: { partition: 'aws', region: HERE, account: ACCOUNT, team: name },
    bedrockRegion: place,
    ...(fixedModelId !== undefined && { fixedModelId }),
    toolFunctionArns: Object.fromEntries(
      isolated.map((tool) => [tool.name, `arn:aws:lambda:${HERE}:${ACCOUNT}:function:${name}-${tool.name}`]),
    ),
  }
}

/** The version of a tool's function that a laptop has: the team as it is loaded. */
export function laptopVersion(functionArn: string): string {
  return versionsOf(functionArn).replace(/\*$/, '1')
}
