/**
 * The HTTP API of a team on API Gateway: every method signed (IAM), checked against the routes' schemas, throttled and
 * logged. What it answers is the app's business; what the gateway itself refuses is told as a problem (RFC 9457) too.
 */
import { Duration, RemovalPolicy } from 'aws-cdk-lib'
import {
  AccessLogField,
  AccessLogFormat,
  type ApiKey,
  AuthorizationType,
  type CfnRestApi,
  EndpointType,
  type IModel,
  type JsonSchema,
  LambdaIntegration,
  LogGroupLogDestination,
  type MethodDeploymentOptions,
  MethodLoggingLevel,
  Period,
  type RequestValidator,
  RestApi,
} from 'aws-cdk-lib/aws-apigateway'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup, type LogGroupProps } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import { type GatewayRoute, requestModels, routesForGateway } from '../src/api/http/gateway.ts'
import { addProblemResponses } from './problem-responses.ts'
import { policyOf, type Stage } from './stage.ts'

export interface RunApiProps {
  readonly team: string
  readonly stage: Stage
  readonly handler: IFunction
  /** Answers what people decide: it may end their waiting tasks, and `handler` may not. */
  readonly control: IFunction
  /** Encrypts the access log. @default CloudWatch's own key */
  readonly key?: IKey | undefined
  /** Requests of all clients together. @default see DEFAULT_RATE */
  readonly rate?: Partial<ApiRate> | undefined
  /**
   * Requests that one client may make a day. Then each client sends an API key beside its signature, as API Gateway counts
   * by key. @default no keys, no quota
   */
  readonly quotaPerDay?: number | undefined
  /**
   * Whether this stack gives API Gateway its role for logs, which it has once for a whole account and region.
   * @default true
   */
  readonly accountLogRole?: boolean | undefined
}

export interface ApiRate {
  readonly requestsPerSecond: number
  readonly burst: number
  /** Of `POST /runs`, which costs more than a request. */
  readonly startsPerSecond: number
  readonly startsBurst: number
}

export const DEFAULT_RATE: ApiRate = { requestsPerSecond: 50, burst: 100, startsPerSecond: 10, startsBurst: 20 }

const SECURITY_POLICY = 'SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09'
/** The longest that a regional API waits, unless the account's quota is raised. */
const INTEGRATION_TIMEOUT = Duration.seconds(29)

export class RunApi extends Construct {
  readonly api: RestApi
  readonly accessLog: LogGroup
  /** Where `quotaPerDay` is given: the first client's. */
  readonly apiKey: ApiKey | undefined
  private readonly validator: RequestValidator
  private readonly models: ReadonlyMap<string, IModel>

  constructor(scope: Construct, id: string, props: RunApiProps) {
    super(scope, id)
    const { team, stage } = props
    const rate = { ...DEFAULT_RATE, ...props.rate }
    this.accessLog = new LogGroup(this, 'AccessLog', logSettings(props))
    this.api = new RestApi(this, 'Api', {
      restApiName: `${team}-${stage}`,
      description: `Runs of team ${team}`,
      endpointTypes: [EndpointType.REGIONAL],
      cloudWatchRole: props.accountLogRole ?? true,
      // Other APIs of the account may come to log by it.
      ...((props.accountLogRole ?? true) ? { cloudWatchRoleRemovalPolicy: RemovalPolicy.RETAIN } : {}),
      deployOptions: {
        stageName: stage,
        tracingEnabled: true,
        metricsEnabled: true,
        loggingLevel: MethodLoggingLevel.ERROR,
        dataTraceEnabled: false,
        throttlingRateLimit: rate.requestsPerSecond,
        throttlingBurstLimit: rate.burst,
        methodOptions: startThrottle(rate),
        accessLogDestination: new LogGroupLogDestination(this.accessLog),
        accessLogFormat: ACCESS_LOG,
      },
      defaultMethodOptions: {
        authorizationType: AuthorizationType.IAM,
        apiKeyRequired: props.quotaPerDay !== undefined,
      },
    })
    this.keepExecutionLog(props)
    const resource = this.api.node.defaultChild as CfnRestApi
    resource.securityPolicy = SECURITY_POLICY
    resource.endpointAccessMode = 'BASIC'
    this.validator = this.api.addRequestValidator('Validator', {
      validateRequestBody: true,
      validateRequestParameters: true,
    })
    this.models = this.createModels()
    const [runs, people] = [integrationWith(props.handler), integrationWith(props.control)]
    const integrationOf = (path: string) => (isForPeople(path) ? people : runs)
    for (const route of routesForGateway()) this.addRoute(route, integrationOf(route.path))
    this.addRefusals(integrationOf)
    // CDK's own output: the stack tells the URL under a name of its own.
    this.api.node.tryRemoveChild('Endpoint')
    addProblemResponses(this.api)
    this.apiKey = props.quotaPerDay === undefined ? undefined : this.addQuota(props.quotaPerDay, rate)
  }

  /** By the name that API Gateway prescribes: it would make the group itself, with no end to its lines, and leave it behind. */
  private keepExecutionLog(props: RunApiProps): void {
    const logGroupName = `API-Gateway-Execution-Logs_${this.api.restApiId}/${props.stage}`
    const log = new LogGroup(this, 'ExecutionLog', { logGroupName, ...logSettings(props) })
    this.api.deploymentStage.node.addDependency(log)
  }

  private createModels(): ReadonlyMap<string, IModel> {
    const models = Object.entries(requestModels()).map(([name, schema]) => {
      const modelName = name.replace(/[^A-Za-z0-9]/g, '')
      const model = this.api.addModel(name, {
        modelName,
        contentType: 'application/json',
        schema: schema as unknown as JsonSchema,
      })
      return [name, model] as const
    })
    return new Map<string, IModel>(models)
  }

  private addRoute(
    { method, path, operationId, bodyModel, query, headers }: GatewayRoute,
    integration: LambdaIntegration,
  ) {
    const model = bodyModel === undefined ? undefined : this.models.get(bodyModel)
    const parameters = Object.fromEntries([
      ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [`method.request.path.${name}`, true]),
      ...Object.entries(query).map(([name, required]) => [`method.request.querystring.${name}`, required]),
      ...Object.entries(headers).map(([name, required]) => [`method.request.header.${name}`, required]),
    ])
    this.api.root.resourceForPath(path).addMethod(method, integration, {
      operationName: operationId,
      requestValidator: this.validator,
      requestParameters: parameters,
      ...(model === undefined ? {} : { requestModels: { 'application/json': model } }),
    })
  }

  /** What no route takes goes to the app as well: it says what there is, as a problem. */
  private addRefusals(integrationOf: (path: string) => LambdaIntegration): void {
    const paths = new Set(routesForGateway().map(({ path }) => path))
    for (const path of [...paths, '/{proxy+}']) {
      this.api.root.resourceForPath(path).addMethod('ANY', integrationOf(path), { requestValidator: this.validator })
    }
  }

  private addQuota(limit: number, rate: ApiRate): ApiKey {
    const plan = this.api.addUsagePlan('Usage', {
      quota: { limit, period: Period.DAY },
      throttle: { rateLimit: rate.requestsPerSecond, burstLimit: rate.burst },
      apiStages: [{ stage: this.api.deploymentStage }],
    })
    const key = this.api.addApiKey('Client')
    plan.addApiKey(key)
    return key as ApiKey
  }
}

function integrationWith(handler: IFunction): LambdaIntegration {
  return new LambdaIntegration(handler, {
    proxy: true,
    timeout: INTEGRATION_TIMEOUT,
    // One permission for the whole API: sixteen would come near what a function's policy may hold.
    scopePermissionToMethod: false,
  })
}

/** Routes by which people decide. */
function isForPeople(path: string): boolean {
  return path === '/approvals' || path.startsWith('/approvals/')
}

function logSettings({ stage, key }: RunApiProps): LogGroupProps {
  const { removalPolicy, logRetention } = policyOf(stage)
  return { retention: logRetention, removalPolicy, ...(key === undefined ? {} : { encryptionKey: key }) }
}

function startThrottle({ startsPerSecond, startsBurst }: ApiRate): Record<string, MethodDeploymentOptions> {
  return {
    '/runs/POST': { throttlingRateLimit: startsPerSecond, throttlingBurstLimit: startsBurst },
  }
}

/** No query string and no body: those are the callers'. */
const ACCESS_LOG = AccessLogFormat.custom(
  JSON.stringify({
    requestId: AccessLogField.contextRequestId(),
    requestTime: AccessLogField.contextRequestTime(),
    caller: AccessLogField.contextIdentityUserArn(),
    sourceIp: AccessLogField.contextIdentitySourceIp(),
    method: AccessLogField.contextHttpMethod(),
    resource: AccessLogField.contextResourcePath(),
    path: AccessLogField.contextPath(),
    status: AccessLogField.contextStatus(),
    responseBytes: AccessLogField.contextResponseLength(),
    latencyMs: AccessLogField.contextResponseLatency(),
    traceId: AccessLogField.contextXrayTraceId(),
    error: AccessLogField.contextErrorMessage(),
  }),
)
