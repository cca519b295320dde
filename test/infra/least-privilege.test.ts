import { describe, expect, it } from 'vitest'
import { statementsIn } from '../../infra/policy-statements.ts'
import { privilegeFaults } from './least-privilege.ts'
import { buildStack, ofType, type Resource, readResources, resourcesOf } from './stacks.ts'

const LONG = { timeout: 180_000 }

describe('least privilege', LONG, () => {
  it.each([
    ['research', 'dev'],
    ['research', 'prod'],
    ['everything', 'dev'],
    ['everything', 'prod'],
  ] as const)('finds no fault in team %s, stage %s', (team, stage) => {
    expect(privilegeFaults(resourcesOf(team, stage))).toEqual([])
  })

  it('gives each agent its own models, tools and grants, and no other', () => {
    const resources = resourcesOf('everything', 'dev')

    const clerk = actionsOf(resources, /\/Agent-clerk\/Run\//)
    const watcher = actionsOf(resources, /\/Agent-watcher\/Run\//)

    expect(clerk).toContain('lambda:InvokeFunction')
    expect(clerk).not.toContain('ses:SendEmail')
    expect(clerk).not.toContain('logs:StartQuery')
    expect(actionsOf(resources, /\/Tool-sendMail\/.*Exec\//)).toContain('ses:SendEmail')
    expect(watcher).toContain('logs:StartQuery')
    expect(watcher).not.toContain('lambda:InvokeFunction')
  })

  it('gives each agent its own spaces of memory, to read or to add to, and no role besides', () => {
    const rights = Object.values(resourcesOf('everything', 'dev')).flatMap(({ Type, path, Properties }) =>
      Type.startsWith('AWS::IAM::')
        ? statementsIn(Properties)
            .filter(({ condition }) => JSON.stringify(condition).includes('MEMORY#'))
            .map((statement) => ({ path: path.split('/').slice(2, 5).join('/'), ...statement }))
        : [],
    )

    const inSpaces = (...spaces: string[]) => ({
      ...{ effect: 'Allow', resources: [expect.stringMatching(/^<\w*RecordsTable\w*\.Arn>$/)] },
      condition: {
        'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': spaces.map((space) => `MEMORY#everything#${space}`) },
        Null: {
          'dynamodb:LeadingKeys': 'false',
          'aws:PrincipalTag/runId': 'false',
          'aws:PrincipalTag/stepId': 'false',
        },
      },
    })
    const read = ['dynamodb:GetItem', 'dynamodb:Query']
    const add = ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:Query']
    expect(rights).toEqual([
      { path: 'Agents/Agent-clerk/Run', actions: read, ...inSpaces('customers', 'prices') },
      { path: 'Agents/Agent-watcher/Run', actions: read, ...inSpaces('alarms') },
      { path: 'Agents/Agent-watcher/Run', actions: add, ...inSpaces('customers', 'alarms') },
    ])
  })

  it('lets the functions around the agents ask no model, and those alone write releases that move them', () => {
    const resources = resourcesOf('everything', 'dev')
    const holders = Object.values(resources).filter(
      ({ Type, path }) => Type === 'AWS::IAM::Policy' && !/Agent-/.test(path),
    )

    const asking = holders.filter((policy) => JSON.stringify(policy.Properties).includes('bedrock:'))
    // Of all policies, agents' too.
    const rights = Object.values(resources).flatMap(({ Type, path, Properties }) =>
      Type.startsWith('AWS::IAM::')
        ? statementsIn(Properties)
            .filter(({ condition }) => JSON.stringify(condition).includes('REG#'))
            .map(({ actions, condition }) => [path.split('/')[3], actions, condition['ForAllValues:StringEquals']])
        : [],
    )

    expect(asking).toEqual([])
    const own = { 'dynamodb:LeadingKeys': ['REG#everything'] }
    const dynamodb = (...names: string[]) => names.map((name) => `dynamodb:${name}`)
    expect(rights).toEqual([
      ['Api', dynamodb('GetItem', 'Query', 'PutItem', 'UpdateItem'), own],
      ['Start', dynamodb('GetItem'), own],
      ['RunEnded', dynamodb('GetItem', 'PutItem', 'UpdateItem'), own],
      ['Release', dynamodb('GetItem', 'Query', 'PutItem'), own],
    ])
  })

  it('lets one function alone answer task tokens, and the state machines that ask it invoke it', () => {
    const resources = resourcesOf('everything', 'dev')
    const policies = ofType(resources, 'AWS::IAM::Policy')
    const those = (word: string) =>
      policies.filter(({ Properties }) => JSON.stringify(Properties).includes(word)).map(({ path }) => path)

    expect(those('states:SendTask')).toEqual([expect.stringContaining('/Control/Function/Exec/')])
    expect(those('"Sid":"AskControl"').map((path) => path.split('/')[3])).toEqual([
      'Workflow-child-work',
      'Workflow-wide',
      'Workflow-careful',
    ])
    const asking = ofType(resourcesOf('research', 'dev'), 'AWS::IAM::Policy')
    const rules = asking.filter(({ Properties }) => JSON.stringify(Properties).includes('AskControl'))
    expect(rules.map(({ path }) => path.split('/')[3])).toEqual(['Workflow-research'])
  })

  it('gives secrets to the role that the tool runs under', () => {
    const resources = resourcesOf('everything', 'dev')
    const secretsOf = (path: RegExp) =>
      ofType(resources, 'AWS::IAM::Policy')
        .concat(ofType(resources, 'AWS::IAM::Role'))
        .filter((policy) => path.test(policy.path))
        .flatMap(({ Properties: { AssumeRolePolicyDocument: _, ...rest } }) => statementsIn(rest))
        .filter(({ actions }) => actions.includes('secretsmanager:GetSecretValue'))
        .flatMap((statement) => statement.resources.map((arn) => arn.split(':secret:')[1]))

    expect(secretsOf(/Agent-clerk\/Run\//)).toEqual(['baton/everything/crm/token-??????'])
    expect(secretsOf(/Tool-sendMail\/.*Exec\//)).toEqual(['baton/everything/mail/password-??????'])
    expect(secretsOf(/Agent-watcher\//)).toEqual([])
  })

  it('denies agents in their boundary what none may ever do', () => {
    const [boundary] = ofType(resourcesOf('everything', 'dev'), 'AWS::IAM::ManagedPolicy')
    const denied = statementsIn(boundary?.Properties).filter(({ effect }) => effect === 'Deny')

    expect(denied.flatMap(({ actions }) => actions)).toEqual(
      expect.arrayContaining([
        'iam:*',
        'states:SendTask*',
        'states:StartExecution',
        'kms:Sign',
        'dynamodb:UpdateItem',
        'dynamodb:DeleteItem',
      ]),
    )
  })

  it('grants in roles under the boundary nothing that the boundary caps', () => {
    const resources = resourcesOf('everything', 'prod')
    const [boundary] = ofType(resources, 'AWS::IAM::ManagedPolicy')
    const allowed = statementsIn(boundary?.Properties).filter(({ effect }) => effect === 'Allow')
    const ceiling = new Set(allowed.flatMap(({ actions }) => actions))

    const granted = actionsOf(resources, /\/(Agent|Tool)-/)

    expect(granted).toEqual(expect.arrayContaining(['logs:StartQuery', 'ses:SendEmail', 'xray:PutTraceSegments']))
    expect(granted.filter((action) => !ceiling.has(action))).toEqual([])
  })

  it('lets executions be started by the ARN of the machine, as IAM takes no version of it', () => {
    const starting = Object.values(resourcesOf('everything', 'dev'))
      .filter(({ Type }) => Type === 'AWS::IAM::Policy')
      .flatMap(({ Properties }) => statementsIn(Properties))
      .filter(({ actions }) => actions.includes('states:StartExecution'))

    // The API, starts, the cancellation, two children, the items of the wide Map, what undoes.
    expect(starting).toHaveLength(7)
    expect(starting.flatMap(({ resources }) => resources)).toEqual(
      starting.flatMap(({ resources }) => resources.map(() => expect.stringMatching(/^<\w*Machine\w+>$/))),
    )
  })

  it('grants no Bedrock where another model answers', () => {
    const offline = readResources(buildStack('research', 'dev', { model: 'offline' }).stack)

    const asking = (resources: object) => JSON.stringify(resources).includes('bedrock:InvokeModel')

    expect(asking(offline)).toBe(false)
    expect(asking(resourcesOf('research', 'dev'))).toBe(true)
  })
})

const WRITING = '"Sid":"WriteOwnRecords"'

/** Of the statement that lets an agent write into the records. */
function inOwnRecords(text: string, from: string | RegExp, to: string): string {
  const end = text.indexOf(WRITING)
  const start = text.lastIndexOf('{"Action"', end)
  return text.slice(0, start) + text.slice(start, end).replace(from, to) + text.slice(end)
}

/** What somebody might widen by mistake, as an edit of the template's text. */
const MUTATIONS: readonly (readonly [string, RegExp, (text: string) => string])[] = [
  ['claims of another step', /Agent-lead\/Run/, (text) => text.replace(/(#STEP#)[^"]+/, '$1other')],
  ['claims of every step', /Agent-lead\/Run/, (text) => text.replace(/(#STEP#)[^"]+/, '$1*')],
  ['the budget of the team', /Agent-lead\/Run/, (text) => text.replace(/"RUN#[^"]+#BUDGET"/, '"BUDGET#research"')],
  ['approvals', /Agent-lead\/Run/, (text) => text.replace('#BUDGET"', '#APPROVAL"')],
  ['the run’s head', /Agent-lead\/Run/, (text) => inOwnRecords(text, '#BUDGET"', '"')],
  ['the brake', /Agent-lead\/Run/, (text) => inOwnRecords(text, /"RUN#[^"]+#BUDGET"/, '"BRAKE"')],
  ['the breaker of every model', /Agent-lead\/Run/, (text) => inOwnRecords(text, /"MODEL#[^"]+@/, '"MODEL#*@')],
  ['the release', /Agent-lead\/Run/, (text) => inOwnRecords(text, /"RUN#[^"]+#BUDGET"/, '"REG#research"')],
  [
    'an agent that removes claims',
    /Agent-lead\/Run/,
    (text) => inOwnRecords(text, '"dynamodb:UpdateItem"', '"dynamodb:DeleteItem"'),
  ],
  [
    'the journal by the rights on the records',
    /Agent-lead\/Run/,
    (text) =>
      text.replace(/("dynamodb:UpdateItem"\],"Condition":.*?"Resource":\{"Fn::GetAtt":\[")\w+/, '$1TeamTrailTable'),
  ],
  ['keys of claims by pattern', /Agent-lead\/Run/, (text) => inOwnRecords(text, 'StringEquals', 'StringLike')],
  [
    'an API that deletes',
    /Functions\/Api\/Exec\/DefaultPolicy/,
    (text) =>
      text
        .replace('"dynamodb:LeadingKeys":["BRAKE"]', '"dynamodb:LeadingKeys":["RUNS"]')
        .replace('"dynamodb:LeadingKeys":"BRAKE"', '"dynamodb:LeadingKeys":"RUNS"'),
  ],
  [
    'an API that answers task tokens',
    /Functions\/Api\/Exec\/DefaultPolicy/,
    (text) => text.replace('"states:StopExecution"', '"states:SendTaskSuccess"'),
  ],
  [
    'approvals that start runs',
    /Control\/Function\/Exec\/DefaultPolicy/,
    (text) => text.replace('"states:SendTaskHeartbeat"', '"states:StartExecution"'),
  ],
  ['a wildcard action', /Agent-lead\/Run/, (text) => text.replace('"s3:GetObject"', '"s3:*"')],
  [
    'every key',
    /Agent-lead\/Run/,
    (text) => text.replace('"dynamodb:LeadingKeys":["RUN#${', '"dynamodb:LeadingKeys":["*${'),
  ],
  ['run_1 reads run_10', /Agent-lead\/Run/, (text) => text.replace('PrincipalTag/runId}"]', 'PrincipalTag/runId}*"]')],
  ['no guard for keys', /Agent-lead\/Run/, (text) => text.replace('"dynamodb:LeadingKeys":"false",', '')],
  ['no guard for a tag', /Agent-lead\/Run/, (text) => text.replace(',"aws:PrincipalTag/stepId":"false"', '')],
  [
    'artifacts of all runs',
    /Agent-lead\/Run/,
    (text) => text.replace(/\/runs\/\$\{aws:PrincipalTag\/runId\}\/\*/, '/runs/*'),
  ],
  ['an agent that updates', /Agent-lead\/Run/, (text) => text.replace('"dynamodb:PutItem"', '"dynamodb:UpdateItem"')],
  ['a trust without a guard', /Agent-lead\/Run/, (text) => text.replaceAll('"aws:TagKeys":"false",', '')],
  [
    'a trust with any tag',
    /Agent-lead\/Run/,
    (text) => text.replaceAll('["runId","stepId"]', '["runId","stepId","x"]'),
  ],
  [
    'another agent as a principal',
    /Agent-lead\/Run/,
    (text) => text.replaceAll('AgentleadFunctionExec', 'AgentcriticFunctionExec'),
  ],
  ['a session of any name', /Agent-lead\/Run/, (text) => text.replace('sts:RoleSessionName', 'sts:ExternalId')],
  ['any model', /Agent-lead\/Run/, (text) => text.replace(/foundation-model\/[^"]+/, 'foundation-model/*')],
  ['no boundary', /Agent-lead\/Function\/Exec\/Resource/, (text) => text.replace('PermissionsBoundary', 'Nothing')],
  [
    'a role for anybody',
    /Agent-lead\/Function\/Exec\/Resource/,
    (text) => text.replace('"lambda.amazonaws.com"', '"*"'),
  ],
  [
    'any log',
    /Agent-lead\/Function\/Exec\/DefaultPolicy/,
    (text) => text.replace(/\{"Fn::GetAtt":\["\w*Log\w+","Arn"\]\}/, '"*"'),
  ],
  [
    'any state machine',
    /Functions\/Api\/Exec\/DefaultPolicy/,
    (text) => text.replace(/\{"Ref":"\w*Machine\w+"\}/, '"*"'),
  ],
  [
    'an API that scans',
    /Functions\/Api\/Exec\/DefaultPolicy/,
    (text) => text.replace('"dynamodb:ConditionCheckItem"', '"dynamodb:Scan"'),
  ],
  [
    'any function',
    /Workflow-research\/Role\/DefaultPolicy/,
    (text) => text.replace(/"Resource":\[.*?\],"Sid":"InvokeOwnAgents"/, '"Resource":"*","Sid":"InvokeOwnAgents"'),
  ],
]

/** Of the statements on spaces of memory, of which the first team has none. */
const SPACES: readonly (readonly [string, RegExp, (text: string) => string])[] = [
  ['every space', /Agent-clerk\/Run/, (text) => text.replace('MEMORY#everything#customers', 'MEMORY#everything#*')],
  ['the spaces of every team', /Agent-clerk\/Run/, (text) => text.replace('MEMORY#everything#customers', 'MEMORY#*')],
  ['facts that are changed', /Agent-watcher\/Run/, (text) => inMemory(text, 'PutItem', 'UpdateItem')],
  ['facts that are removed', /Agent-watcher\/Run/, (text) => inMemory(text, 'PutItem', 'DeleteItem')],
  ['spaces by pattern', /Agent-watcher\/Run/, (text) => inMemory(text, 'StringEquals', 'StringLike')],
  ['spaces without a guard', /Agent-watcher\/Run/, (text) => inMemory(text, '"dynamodb:LeadingKeys":"false",', '')],
  [
    'spaces in a session without a run',
    /Agent-watcher\/Run/,
    (text) => inMemory(text, '"aws:PrincipalTag/runId":"false",', ''),
  ],
]

/** Of the statement that lets an agent add facts. */
function inMemory(text: string, from: string, to: string): string {
  const end = text.indexOf('"Sid":"WriteMemory"')
  const start = text.lastIndexOf('{"Action"', end)
  return text.slice(0, start) + text.slice(start, end).replace(from, to) + text.slice(end)
}

describe('what the test of least privilege finds', LONG, () => {
  it.each([
    ...MUTATIONS.map((mutation) => ['research', ...mutation] as const),
    ...SPACES.map((mutation) => ['everything', ...mutation] as const),
  ])('in team %s: %s', (team, _, path, widen) => {
    const resources = resourcesOf(team, 'dev')
    const edited = Object.fromEntries(
      Object.entries(resources).map(([id, resource]) => {
        if (!path.test(resource.path) || !resource.Type.startsWith('AWS::IAM')) return [id, resource]
        return [id, { ...(JSON.parse(widen(JSON.stringify(resource))) as Resource), path: resource.path }]
      }),
    )

    expect(edited).not.toEqual(resources)
    expect(privilegeFaults(edited)).not.toEqual([])
  })
})

function actionsOf(resources: Readonly<Record<string, Resource>>, path: RegExp): readonly string[] {
  const policies = Object.values(resources).filter(
    ({ Type, path: at }) => Type.startsWith('AWS::IAM::') && path.test(at),
  )
  return policies.flatMap(({ Properties: { AssumeRolePolicyDocument: _, ...rest } }) =>
    statementsIn(rest).flatMap(({ actions }) => actions),
  )
}
