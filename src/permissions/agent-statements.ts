/**
 * `agentStatements`: what an agent's `Run` role may do, and nothing that today's code does not use. What of it the
 * boundary caps is agent-boundary.ts's business. These keys hold a hijacked model, not hostile code: an agent's function
 * holds `Exec` and could choose its tags.
 */
import type { Agent } from '../define/agent.ts'
import { bedrockStatements } from './bedrock-statements.ts'
import { keyStatements, leadingKeys } from './data-statements.ts'
import { recordsStatements } from './records-statements.ts'
import { type AgentResources, versionsOf } from './resources.ts'
import { secretStatements } from './secret-statements.ts'
import { RUN_ID, SESSION_TAGS, STEP_ID, type Statement } from './statement.ts'
import { telemetryStatements } from './telemetry-statements.ts'

export function agentStatements(agent: Agent, resources: AgentResources): readonly Statement[] {
  const inProcess = agent.tools.filter(({ isolated }) => !isolated)
  return [
    {
      Sid: 'ReadRunHead',
      Effect: 'Allow',
      Action: ['dynamodb:GetItem'],
      Resource: [resources.recordsTableArn],
      Condition: leadingKeys([`RUN#${RUN_ID}`], SESSION_TAGS),
    },
    {
      Sid: 'AppendToOwnJournal',
      Effect: 'Allow',
      Action: ['dynamodb:PutItem', 'dynamodb:Query'],
      Resource: [resources.journalTableArn],
      Condition: leadingKeys(journalKeys(agent), SESSION_TAGS),
    },
    {
      Sid: 'ArtifactsOfRun',
      Effect: 'Allow',
      Action: ['s3:GetObject', 's3:PutObject'],
      Resource: [`${resources.artifactsBucketArn}/runs/${RUN_ID}/*`],
      Condition: { Null: { 'aws:PrincipalTag/runId': 'false' } },
    },
    ...recordsStatements(agent, resources),
    ...keyStatements(resources),
    ...bedrockStatements(agent, resources),
    ...isolatedToolStatements(agent, resources),
    ...toolStatements(inProcess),
    ...guardrailStatements(agent),
    ...secretStatements(inProcess, resources.place),
    ...(agent.rights === 'support' && agent.tools.length > 0 ? telemetryStatements(resources) : []),
  ]
}

/** Of the step, and beside it of what takes its effects back. */
function journalKeys({ tools }: Agent): readonly string[] {
  const own = `RUN#${RUN_ID}#${STEP_ID}`
  return tools.some(({ undo }) => undo !== undefined) ? [own, `${own}:undo`] : [own]
}

function isolatedToolStatements(agent: Agent, { toolFunctionArns }: AgentResources): readonly Statement[] {
  const isolated = agent.tools.filter((tool) => tool.isolated)
  if (isolated.length === 0) return []
  const Resource = isolated.flatMap(({ name }) => {
    const arn = toolFunctionArns[name]
    return arn === undefined ? [] : [versionsOf(arn)]
  })
  return [{ Sid: 'InvokeOwnTools', Effect: 'Allow', Action: ['lambda:InvokeFunction'], Resource }]
}

/** The grants that guardrails declare, as they are. */
function guardrailStatements({ guardrails = [] }: Agent): readonly Statement[] {
  return guardrails.flatMap(({ name, grants }) =>
    grants.map(({ actions, resources }, index) => ({
      Sid: `Guardrail${name.replace(/[^A-Za-z0-9]/g, '')}${index}`,
      Effect: 'Allow' as const,
      Action: actions,
      Resource: resources,
    })),
  )
}

/** The grants that tools declare, as they are. */
export function toolStatements(tools: Agent['tools']): readonly Statement[] {
  return tools.flatMap(({ name, grants }) =>
    grants.map(({ actions, resources }, index) => ({
      // IAM takes letters and digits only.
      Sid: `Tool${name.replace(/[^A-Za-z0-9]/g, '')}${index}`,
      Effect: 'Allow' as const,
      Action: actions,
      Resource: resources,
    })),
  )
}
