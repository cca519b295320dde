/** `bedrock:InvokeModel` (which Converse asks for) on an agent's own models, and the inference profiles that they name. */
import type { Agent } from '../define/agent.ts'
import type { RequestContext } from './conditions.ts'
import { modelsAsked } from './records-statements.ts'
import type { AgentResources } from './resources.ts'
import type { Statement } from './statement.ts'

/** What a cross-region inference profile's id begins with; the rest is the id of the foundation model. */
const PROFILE = /^(us-gov|us|eu|apac|jp|au|ca|global)\.(?=.+\.)/
const ACTION = ['bedrock:InvokeModel']

export function bedrockStatements(agent: Agent, resources: AgentResources): readonly Statement[] {
  if (resources.bedrockRegion === undefined) return []
  const region = resources.bedrockRegion
  const targets = modelsAsked(agent, resources).map((id) => targetOf(id, region, resources))
  const direct = targets.map(({ arn }) => arn)
  return [
    { Sid: 'InvokeOwnModels', Effect: 'Allow', Action: ACTION, Resource: direct },
    ...targets.flatMap(({ arn, behind }, index): Statement[] =>
      behind === undefined
        ? []
        : [
            {
              Sid: `InvokeBehindProfile${index}`,
              Effect: 'Allow',
              Action: ACTION,
              Resource: [behind],
              Condition: { StringEquals: { 'bedrock:InferenceProfileArn': arn } },
            },
          ],
    ),
  ]
}

/** What IAM is asked where a model is: the profile, and the model behind it. @param region That Bedrock is asked in. */
export function modelRequests(
  id: string,
  region: string,
  resources: Pick<AgentResources, 'place'>,
): readonly { readonly resource: string; readonly context: RequestContext }[] {
  const { arn, behind } = targetOf(id, region, resources)
  const direct = { resource: arn, context: {} }
  // Which region a profile sends a call to, and what an own profile stands for, is not known before.
  if (behind === undefined || behind.endsWith('/*')) return [direct]
  const model = behind.replace(':*:', `:${region}:`)
  return [direct, { resource: model, context: { 'bedrock:InferenceProfileArn': arn } }]
}

interface Target {
  readonly arn: string
  /** The foundation model to which a profile sends the call, in whichever region the profile chooses. */
  readonly behind?: string
}

function targetOf(id: string, region: string, { place }: Pick<AgentResources, 'place'>): Target {
  const { partition, account } = place
  const anyRegion = `arn:${partition}:bedrock:*::foundation-model`
  // A profile of one's own does not say in its ARN which model it stands for.
  if (id.startsWith('arn:'))
    return id.includes('inference-profile/') ? { arn: id, behind: `${anyRegion}/*` } : { arn: id }
  const profile = PROFILE.exec(id)
  if (profile === null) return { arn: `arn:${partition}:bedrock:${region}::foundation-model/${id}` }
  const arn = `arn:${partition}:bedrock:${region}:${account}:inference-profile/${id}`
  return { arn, behind: `${anyRegion}/${id.slice(profile[0].length)}` }
}
