/** What is wrong with the permissions of a template: one line a fault. Knows the rules, not the team. */
import { BOUNDARY, wildcardFor } from '../../infra/nag-exceptions.ts'
import { asText, type ReadStatement, statementsIn } from '../../infra/policy-statements.ts'
import type { Properties, Resource } from './stacks.ts'

type Resources = Readonly<Record<string, Resource>>

const RUN = '<aws:PrincipalTag/runId>'
const STEP = '<aws:PrincipalTag/stepId>'
/** Partitions that an agent may touch, by the tags of its session, and what it may do there: this at most. */
const READ = ['dynamodb:GetItem', 'dynamodb:Query']
const CHANGE = [...READ, 'dynamodb:ConditionCheckItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem']
/** One sender's part of one box: which of the two an agent may, by its edges, is tested with the statements themselves. */
const SEND_OR_READ = [...READ, 'dynamodb:PutItem', 'dynamodb:UpdateItem']
const AGENT_KEYS: readonly (readonly [table: RegExp, key: RegExp, actions: readonly string[]])[] = [
  [/Records/, exactly(`RUN#${RUN}`), ['dynamodb:GetItem']],
  [/Records/, exactly('BRAKE'), READ],
  [/Records/, exactly(`RUN#${RUN}#STEP#${STEP}`), CHANGE],
  [/Records/, exactly(`RUN#${RUN}#BUDGET`), CHANGE],
  [/Records/, /^MODEL#[^*?]+@(<AWS::Region>|[a-z0-9-]+)$/, CHANGE],
  [/Records/, /^RATE#[a-z][a-z0-9-]*$/i, CHANGE],
  [/Records/, /^TOOL#[a-z][a-z0-9_-]*$/i, [...CHANGE, 'dynamodb:DeleteItem']],
  [/Records/, /^RUN#<aws:PrincipalTag\/runId>#STATE#[a-z][\w-]*\.[a-z][\w-]*$/, [...READ, 'dynamodb:PutItem']],
  [/Records/, /^MEMORY#[a-z][\w-]*#[a-z][\w-]*$/, [...READ, 'dynamodb:PutItem']],
  [/Records/, /^RUN#<aws:PrincipalTag\/runId>#BOX#[a-z][\w-]*#[a-z][\w-]*$/, SEND_OR_READ],
  [/Trail/, exactly(`RUN#${RUN}#${STEP}`), ['dynamodb:PutItem', 'dynamodb:Query']],
  [/Trail/, exactly(`RUN#${RUN}#${STEP}:undo`), ['dynamodb:PutItem', 'dynamodb:Query']],
]
/** No role of a team may do these at all: they read or remove what no key holds, or take a role on. */
const NOBODY = ['dynamodb:Scan', 'dynamodb:BatchWriteItem', 'iam:PassRole']
/** Answers to task tokens cannot be held to one task: the control function's alone. */
const ANSWERS_TOKENS = /\/Control\/Function\/Exec\//
/** The sealer's alone: what it signs is evidence. */
const SEALS = /\/Sealer\/Seal\/Exec\//
const REMOVES_OBJECTS = ['s3:BypassGovernanceRetention', 's3:DeleteObject', 's3:DeleteObjectVersion']
/** Only the release may, in a stage that keeps no data. */
const EMPTIES_BUCKET = /\/Functions\/Release\//
const AGENT_ROLE = /\/(Agent|Tool)-[^/]+\/.*(Exec|Run)\/Resource$/
const RUN_ROLE = /\/Agent-[^/]+\/Run\/Resource$/

export function privilegeFaults(resources: Resources): readonly string[] {
  return Object.values(resources).flatMap((resource) => [
    ...(resource.Type.startsWith('AWS::IAM::') ? policyFaults(resource) : []),
    ...(resource.Type === 'AWS::IAM::Role' ? roleFaults(resource) : []),
  ])
}

function policyFaults(resource: Resource): readonly string[] {
  const isBoundary = BOUNDARY.path.test(resource.path)
  const granted = policyStatements(resource).filter(({ effect }) => effect === 'Allow')
  return granted.flatMap((statement) => {
    const { actions, resources } = statement
    const told = `${resource.path}: ${actions.join(', ')}`
    return [
      ...actions.filter((action) => action.includes('*')).map(() => `${told}: a wildcard action`),
      ...actions.filter((action) => isForNobody(action, resource)).map((action) => `${told}: nobody may ${action}`),
      ...resources
        .filter((text) => text.includes('*') && !isBoundary && !wildcardFor(resource.path, text, actions))
        .map((text) => `${told}: the wildcard ${text} is not in the list`),
      ...(isBoundary ? [] : tableFaults(resource, statement).map((fault) => `${told}: ${fault}`)),
    ]
  })
}

function isForNobody(action: string, { path }: Resource): boolean {
  if (REMOVES_OBJECTS.includes(action)) return !EMPTIES_BUCKET.test(path)
  if (action === 'kms:Sign') return !SEALS.test(path)
  if (action.startsWith('states:SendTask')) return !ANSWERS_TOKENS.test(path)
  return NOBODY.includes(action)
}

function exactly(key: string): RegExp {
  return new RegExp(`^${key.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')}$`)
}

/** Of rights on the team's own tables. */
function tableFaults({ path }: Resource, { actions, resources, condition }: ReadStatement): readonly string[] {
  const isOwn = resources.some((text) => /^<\w*(Records|Trail)Table\w*\.Arn>/.test(text))
  if (!isOwn || !actions.some((action) => action.startsWith('dynamodb:'))) return []
  const keys = keysOf(condition)
  const guard = (condition['Null'] ?? {}) as Readonly<Record<string, unknown>>
  const faults: string[] = []
  if (keys.length === 0) faults.push('no leading keys')
  if (guard['dynamodb:LeadingKeys'] !== 'false') faults.push('no guard against a request without keys')
  if (!RUN_ROLE.test(path)) {
    const isBrake = keys.every((key) => key === 'BRAKE')
    return [...faults, ...(actions.includes('dynamodb:DeleteItem') && !isBrake ? ['it deletes'] : [])]
  }
  for (const tag of ['runId', 'stepId']) {
    if (guard[`aws:PrincipalTag/${tag}`] !== 'false') faults.push(`no guard against a session without ${tag}`)
  }
  if (condition['ForAllValues:StringLike'] !== undefined) faults.push('keys by pattern')
  for (const key of keys) {
    const [, , allowed = []] =
      AGENT_KEYS.find(([table, known]) => known.test(key) && resources.every((text) => table.test(text))) ?? []
    const beyond = actions.filter((action) => !allowed.includes(action))
    if (beyond.length > 0) faults.push(`an agent may not ${beyond.join(', ')} in ${key}`)
  }
  return faults
}

function keysOf(condition: ReadStatement['condition']): readonly string[] {
  return ['ForAllValues:StringEquals', 'ForAllValues:StringLike'].flatMap((operator) => {
    const keys = (condition[operator] as Properties | undefined)?.['dynamodb:LeadingKeys']
    return keys === undefined ? [] : [keys].flat().map(asText)
  })
}

function roleFaults(resource: Resource): readonly string[] {
  const { path, Properties } = resource
  const faults: string[] = []
  if (AGENT_ROLE.test(path) && Properties['PermissionsBoundary'] === undefined) faults.push(`${path}: no boundary`)
  for (const { principal } of statementsIn(Properties['AssumeRolePolicyDocument'])) {
    if (JSON.stringify(principal).includes('*')) faults.push(`${path}: trusts anybody`)
  }
  return RUN_ROLE.test(path) ? [...faults, ...trustFaults(resource)] : faults
}

function trustFaults({ path, Properties }: Resource): readonly string[] {
  const statements = statementsIn(Properties['AssumeRolePolicyDocument'])
  const own = path.replace(/\/Run\/Resource$/, '').replaceAll(/[^A-Za-z0-9]/g, '')
  const faults: string[] = []
  for (const { condition, principal } of statements) {
    const trusted = asText((principal as Properties)['AWS'])
    const exec = new RegExp(`^<${own.replace(/^Stack/, '')}FunctionExec\\w+\\.Arn>$`)
    if (!exec.test(trusted)) faults.push(`${path}: trusts ${trusted}`)
    const tags = (condition['ForAllValues:StringEquals'] as Properties | undefined)?.['aws:TagKeys']
    if (JSON.stringify(tags) !== '["runId","stepId"]') faults.push(`${path}: takes other tags`)
    const guard = (condition['Null'] ?? {}) as Properties
    for (const key of ['aws:TagKeys', 'aws:RequestTag/runId', 'aws:RequestTag/stepId']) {
      if (guard[key] !== 'false') faults.push(`${path}: no guard for ${key}`)
    }
  }
  const assume = statements.find(({ actions }) => actions.includes('sts:AssumeRole'))
  const name = (assume?.condition['StringEquals'] as Properties | undefined)?.['sts:RoleSessionName']
  if (name !== '$'.concat('{aws:RequestTag/runId}')) faults.push(`${path}: a session of any name`)
  return faults
}

/** Of the policies that grant, without those that say who may take a role on. */
function policyStatements({ Properties }: Resource): readonly ReadStatement[] {
  const { AssumeRolePolicyDocument: _, ...rest } = Properties
  return statementsIn(rest)
}
