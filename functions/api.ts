/** The HTTP API behind API Gateway, which has authorised the caller: a proxy event in, the app's answer out. */
import { type APIGatewayProxyResult, handle, type LambdaEvent } from 'hono/aws-lambda'
import { bindRunService } from '../src/api/bind-run-service.ts'
import { createHttpApp } from '../src/api/http/app.ts'
import { ALL_ROUTES } from '../src/api/http/routes.ts'
import type { Team } from '../src/define/team.ts'
import { isJsonObject } from '../src/schema/json.ts'
import { type ControlSurroundings, openControlSurroundings } from './control-surroundings.ts'
import { type Handler, opened } from './lambda.ts'
import { observed } from './observed.ts'

export function apiHandler(
  { team }: { readonly team: Team },
  open: (team: Team) => ControlSurroundings | Promise<ControlSurroundings> = openControlSurroundings,
): Handler<APIGatewayProxyResult> {
  const surroundings = opened(async () => {
    const { dependencies, telemetry } = await open(team)
    // A function that holds an answer open is paid for by time: watchers ask again.
    const options = {
      follow: 'page',
      callerOf: (_: Request, env: unknown) => callerOf(env),
      onError: (error: unknown, request: { readonly method: string; readonly path: string }) =>
        telemetry?.fault(error, request),
      mostAnswerBytes: ANSWER_BYTES,
      document: { team: team.name, authorization: 'sigv4' },
    } as const
    // All answers are text: an event stream in base64 would reach the client as that.
    const asText = { isContentTypeBinary: () => false }
    return { answer: handle(createHttpApp(bindRunService(dependencies), options), asText), telemetry }
  })
  return async (event, context) => {
    const { answer, telemetry } = await surroundings()
    const operation = telemetry?.operation('api', context)
    return observed(
      operation,
      async () => (await answer(event as LambdaEvent)) as APIGatewayProxyResult,
      ({ statusCode }) => ({ status: String(statusCode), operation: operationOf(event) }),
    )
  }
}

/** Lambda's 6 MB, with room for the status and the headers. */
const ANSWER_BYTES = 6 * 1024 * 1024 - 32 * 1024

/** As API Gateway authorised it: never a header. @param env Of hono's adapter: the event's context is in it. */
export function callerOf(env: unknown): string | undefined {
  const context = isJsonObject(env) ? env['requestContext'] : undefined
  const identity = isJsonObject(context) ? context['identity'] : undefined
  if (!isJsonObject(identity)) return undefined
  const { userArn, caller } = identity
  return typeof userArn === 'string' ? userArn : typeof caller === 'string' ? caller : undefined
}

/** One of few names, so that it can be a metric's dimension. */
function operationOf(event: unknown): string {
  const { httpMethod, resource } = isJsonObject(event) ? event : {}
  return ALL_ROUTES.find(({ method, path }) => method === httpMethod && path === resource)?.operationId ?? 'unknown'
}
