/**
 * The team's control function: what state machines ask of the team itself, and what people decide, by the routes of
 * approvals behind API Gateway. No other function may answer task tokens.
 */
import type { APIGatewayProxyResult } from 'hono/aws-lambda'
import { runControlTask } from '../src/api/run-control-task.ts'
import type { Team } from '../src/define/team.ts'
import { isJsonObject, type Json } from '../src/schema/json.ts'
import { apiHandler } from './api.ts'
import { openControlSurroundings } from './control-surroundings.ts'
import { type Handler, opened } from './lambda.ts'
import { observed } from './observed.ts'

export function controlHandler(
  { team }: { readonly team: Team },
  open = openControlSurroundings,
): Handler<Json | APIGatewayProxyResult> {
  const surroundings = opened(async () => open(team))
  const answer = apiHandler({ team }, surroundings)
  return async (event, context) => {
    if (isRequest(event)) return answer(event, context)
    const { dependencies, telemetry } = await surroundings()
    const operation = telemetry?.operation('control', context)
    return observed(operation, async () => runControlTask(event, dependencies))
  }
}

/** API Gateway alone chooses these fields: what a client sends lies within others. */
function isRequest(event: unknown): boolean {
  return isJsonObject(event) && 'httpMethod' in event && 'requestContext' in event
}
