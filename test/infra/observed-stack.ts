/** A stack with one of each thing that a deployed team has, for tests of what observes them. */
import { App, Stack } from 'aws-cdk-lib'
import { RestApi } from 'aws-cdk-lib/aws-apigateway'
import { AttributeType, Table } from 'aws-cdk-lib/aws-dynamodb'
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { DefinitionBody, StateMachine } from 'aws-cdk-lib/aws-stepfunctions'
import type { ObservedFunction, ObservedTeam } from '../../infra/observed-team.ts'

export interface ObservedStack {
  readonly stack: Stack
  readonly observed: ObservedTeam
  readonly topic: Topic
}

export function observedStack({ agents = ['solver'] }: { readonly agents?: readonly string[] } = {}): ObservedStack {
  const stack = new Stack(new App(), 'Newsroom')
  const makeFunction = (name: string): ObservedFunction => {
    const logGroup = new LogGroup(stack, `${name}Log`)
    const code = Code.fromInline('exports.handler = async () => undefined')
    const props = { runtime: Runtime.NODEJS_24_X, handler: 'index.handler', code, logGroup }
    return { logGroup, function: new LambdaFunction(stack, name, props) }
  }
  const makeTable = (name: string) =>
    new Table(stack, name, { partitionKey: { name: 'pk', type: AttributeType.STRING } })
  const definitionBody = DefinitionBody.fromString('{"StartAt":"A","States":{"A":{"Type":"Succeed"}}}')
  const api = new RestApi(stack, 'Api')
  api.root.addMethod('GET')
  const observed = {
    team: 'newsroom',
    agents: Object.fromEntries(agents.map((name) => [name, makeFunction(name)])),
    functions: { api: makeFunction('api'), runEnded: makeFunction('runEnded') },
    machines: { report: new StateMachine(stack, 'Report', { definitionBody }) },
    api,
    tables: { records: makeTable('Records'), journal: makeTable('Journal') },
    runEndedFailures: new Queue(stack, 'Failures'),
  }
  return { stack, observed, topic: new Topic(stack, 'Topic') }
}
