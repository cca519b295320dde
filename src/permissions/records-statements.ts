/**
 * What an agent's `Run` role may change in place: the claims and the budget slice of its own step, the run's budget, and what
 * its own models, integrations and table tools share with other runs. Approvals and task tokens are in none of it.
 */
import type { Agent } from '../define/agent.ts'
import type { MemorySpace } from '../define/memory.ts'
import { memoryPartition } from '../schema/memory.ts'
import { leadingKeys } from './data-statements.ts'
import type { AgentResources } from './resources.ts'
import { RUN_ID, SESSION_TAGS, STEP_ID, type Statement } from './statement.ts'

export function recordsStatements(agent: Agent, resources: AgentResources): readonly Statement[] {
  const Resource = [resources.recordsTableArn]
  const tables = tableKeys(agent)
  return [
    {
      Sid: 'ReadBrake',
      Effect: 'Allow',
      Action: ['dynamodb:GetItem', 'dynamodb:Query'],
      Resource,
      Condition: leadingKeys(['BRAKE'], SESSION_TAGS),
    },
    // In one statement: all keys of a transaction must stand in one condition.
    {
      Sid: 'WriteOwnRecords',
      Effect: 'Allow',
      Action: WRITE_ACTIONS,
      Resource,
      Condition: leadingKeys(
        [
          `RUN#${RUN_ID}#STEP#${STEP_ID}`,
          `RUN#${RUN_ID}#BUDGET`,
          ...modelKeys(agent, resources),
          ...rateKeys(agent),
          ...tables,
        ],
        SESSION_TAGS,
      ),
    },
    ...(tables.length === 0
      ? []
      : [
          {
            Sid: 'RemoveFromOwnTables',
            Effect: 'Allow' as const,
            Action: ['dynamodb:DeleteItem'],
            Resource,
            Condition: leadingKeys(tables, SESSION_TAGS),
          },
        ]),
    ...messageStatements(agent, Resource),
    ...stateStatements(agent, resources),
    ...memoryStatements(agent, resources),
  ]
}

/** Each part of a box is one sender's: it puts there and counts, and whose box it is reads there and marks. */
function messageStatements({ name, sends, receives }: Agent, Resource: readonly string[]): readonly Statement[] {
  const parts = [
    ['SendMessages', SEND_ACTIONS, Object.keys(sends ?? {}).map((to) => boxKey(to, name))],
    ['ReadMessages', READ_ACTIONS, Object.keys(receives ?? {}).map((from) => boxKey(name, from))],
  ] as const
  return parts.flatMap(([Sid, Action, keys]) =>
    keys.length === 0 ? [] : [{ Sid, Effect: 'Allow', Action, Resource, Condition: leadingKeys(keys, SESSION_TAGS) }],
  )
}

function boxKey(to: string, from: string): string {
  return `RUN#${RUN_ID}#BOX#${to}#${from}`
}

/** Each key of a run's state is a partition, so that what an agent was granted can be said by exact keys. */
function stateStatements({ state }: Agent, { recordsTableArn, workflows = [] }: AgentResources): readonly Statement[] {
  const keys = (granted = {}) =>
    Object.keys(granted).flatMap((key) => workflows.map((workflow) => `RUN#${RUN_ID}#STATE#${workflow}.${key}`))
  const parts = [
    ['ReadState', ['dynamodb:GetItem', 'dynamodb:Query'], keys(state?.reads)],
    ['WriteState', STATE_ACTIONS, keys(state?.writes)],
  ] as const
  return parts.flatMap(([Sid, Action, own]) =>
    own.length === 0
      ? []
      : [{ Sid, Effect: 'Allow', Action, Resource: [recordsTableArn], Condition: leadingKeys(own, SESSION_TAGS) }],
  )
}

/** Each space is a partition. Facts are only ever added by agents: forgetting them is for people. */
function memoryStatements({ memory }: Agent, { recordsTableArn, place }: AgentResources): readonly Statement[] {
  const keys = (spaces: readonly MemorySpace[] = []) => spaces.map(({ name }) => memoryPartition(place.team, name))
  const parts = [
    ['ReadMemory', MEMORY_READ_ACTIONS, keys(memory?.reads)],
    ['WriteMemory', MEMORY_WRITE_ACTIONS, keys(memory?.writes)],
  ] as const
  return parts.flatMap(([Sid, Action, own]) =>
    own.length === 0
      ? []
      : [{ Sid, Effect: 'Allow', Action, Resource: [recordsTableArn], Condition: leadingKeys(own, SESSION_TAGS) }],
  )
}

const MEMORY_READ_ACTIONS = ['dynamodb:GetItem', 'dynamodb:Query']
/** Who adds a fact reads which version of its subject there is. */
const MEMORY_WRITE_ACTIONS = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query']

/** Who is late to replace a key reads which version there is. */
const STATE_ACTIONS = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query']

const SEND_ACTIONS = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem']
const READ_ACTIONS = ['dynamodb:Query', 'dynamodb:UpdateItem']

const WRITE_ACTIONS = [
  'dynamodb:ConditionCheckItem',
  'dynamodb:GetItem',
  'dynamodb:PutItem',
  'dynamodb:Query',
  'dynamodb:UpdateItem',
]

/** Every model that the agent may ask, each once. */
export function modelIds({ model }: Agent): readonly string[] {
  const { id, fallbacks, degradeTo } = model
  return [...new Set([id, ...fallbacks, ...(degradeTo === undefined ? [] : [degradeTo])])]
}

/** Breakers and throttles. */
function modelKeys(agent: Agent, resources: AgentResources): readonly string[] {
  const { bedrockRegion, place } = resources
  return modelsAsked(agent, resources).map((id) => `MODEL#${id}@${bedrockRegion ?? place.region}`)
}

/** Of those, the ones that its place asks for. */
export function modelsAsked(agent: Agent, { fixedModelId }: Pick<AgentResources, 'fixedModelId'>): readonly string[] {
  return fixedModelId === undefined ? modelIds(agent) : [fixedModelId]
}

function rateKeys({ tools }: Agent): readonly string[] {
  const names = tools.flatMap(({ rateLimit }) => rateLimit?.name ?? [])
  return [...new Set(names)].map((name) => `RATE#${name}`)
}

/** Where tools of the kind `table` keep what they write. */
function tableKeys({ tools }: Agent): readonly string[] {
  return tools.filter(({ effect }) => effect === 'table').map(({ name }) => `TOOL#${name}`)
}
