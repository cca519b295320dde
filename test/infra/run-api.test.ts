import { describe, expect, it } from 'vitest'
import { routesForGateway } from '../../src/api/http/gateway.ts'
import { buildStack, ofType, type Properties, readResources, resourcesOf } from './stacks.ts'

const LONG = { timeout: 180_000 }

describe('the API on API Gateway', LONG, () => {
  it('asks every caller of every route for a signature, and checks what comes', () => {
    const methods = ofType(resourcesOf('research', 'dev'), 'AWS::ApiGateway::Method')

    const named = methods.filter(({ Properties }) => Properties['HttpMethod'] !== 'ANY')

    expect(named.length).toBe(routesForGateway().length)
    expect(methods.length).toBeGreaterThan(named.length)
    for (const { Properties } of methods) {
      expect(Properties).toMatchObject({ AuthorizationType: 'AWS_IAM', Integration: { Type: 'AWS_PROXY' } })
      expect(Properties['RequestValidatorId']).toBeDefined()
    }
    expect(ofType(resourcesOf('research', 'dev'), 'AWS::ApiGateway::RequestValidator')[0]?.Properties).toMatchObject({
      ValidateRequestBody: true,
      ValidateRequestParameters: true,
    })
  })

  it('checks the body of a start against the schema of the route', () => {
    const resources = resourcesOf('research', 'dev')
    const [model] = ofType(resources, 'AWS::ApiGateway::Model')
    const start = ofType(resources, 'AWS::ApiGateway::Method').find(
      ({ Properties }) => Properties['OperationName'] === 'startRun',
    )

    expect(model?.Properties).toMatchObject({
      ContentType: 'application/json',
      Schema: { type: 'object', required: ['workflow', 'input'], additionalProperties: false },
    })
    expect(start?.Properties['RequestModels']).toEqual({ 'application/json': { Ref: model?.id } })
  })

  it('throttles, starts more than the rest, and logs who asked for what', () => {
    const [stage] = ofType(resourcesOf('research', 'prod'), 'AWS::ApiGateway::Stage')
    const { MethodSettings, AccessLogSetting, TracingEnabled } = stage?.Properties ?? {}
    const settings = MethodSettings as readonly Properties[]
    const of = (path: string) => settings.find(({ ResourcePath }) => ResourcePath === path)
    const format = JSON.parse(String((AccessLogSetting as Properties)['Format'])) as object

    expect(Number(of('/~1runs')?.['ThrottlingRateLimit'])).toBeLessThan(Number(of('/*')?.['ThrottlingRateLimit']))
    expect(of('/*')).toMatchObject({ DataTraceEnabled: false, LoggingLevel: 'ERROR' })
    expect(TracingEnabled).toBe(true)
    expect(format).toMatchObject({ caller: '$context.identity.userArn', status: '$context.status' })
  })

  it('has a log for what the gateway itself could not do, which ends and goes with the stack, before there is a stage', () => {
    const resources = resourcesOf('research', 'dev')
    const [api] = ofType(resources, 'AWS::ApiGateway::RestApi')
    const [stage] = ofType(resources, 'AWS::ApiGateway::Stage') as readonly { readonly DependsOn?: readonly string[] }[]
    const log = ofType(resources, 'AWS::Logs::LogGroup').find(({ path }) => path.includes('ExecutionLog'))

    expect(log?.Properties).toEqual({
      LogGroupName: { 'Fn::Join': ['', ['API-Gateway-Execution-Logs_', { Ref: api?.id }, '/dev']] },
      RetentionInDays: 7,
    })
    expect(log?.DeletionPolicy).toBe('Delete')
    expect(stage?.DependsOn).toContain(log?.id)
  })

  it('speaks TLS 1.2 at least, and to no browser of another origin', () => {
    const resources = resourcesOf('research', 'dev')
    const [api] = ofType(resources, 'AWS::ApiGateway::RestApi')

    expect(api?.Properties).toMatchObject({
      SecurityPolicy: expect.stringMatching(/^SecurityPolicy_TLS13_1_2/),
      EndpointConfiguration: { Types: ['REGIONAL'] },
    })
    expect(JSON.stringify(ofType(resources, 'AWS::ApiGateway::Method'))).not.toContain('Access-Control')
  })

  it('tells problems as the app does', () => {
    const responses = ofType(resourcesOf('research', 'dev'), 'AWS::ApiGateway::GatewayResponse')

    for (const { Properties } of responses) {
      const template = String((Properties['ResponseTemplates'] as Properties)['application/json'])
      const problem = JSON.parse(template.replace('$context.error.messageString', '"why"')) as object
      expect(problem).toMatchObject({ title: expect.any(String), next: expect.any(String), detail: 'why' })
    }
    expect(responses.map(({ Properties }) => Properties['ResponseType'])).toEqual(
      expect.arrayContaining(['DEFAULT_4XX', 'DEFAULT_5XX', 'THROTTLED', 'BAD_REQUEST_BODY']),
    )
  })

  it('counts requests of each client, where a quota is asked for', () => {
    const { stack } = buildStack('research', 'dev', { quotaPerDay: 1_000 })
    const resources = readResources(stack)

    expect(ofType(resources, 'AWS::ApiGateway::UsagePlan')[0]?.Properties).toMatchObject({
      Quota: { Limit: 1_000, Period: 'DAY' },
    })
    for (const { Properties } of ofType(resources, 'AWS::ApiGateway::Method')) {
      expect(Properties['ApiKeyRequired']).toBe(true)
    }
  })
})
