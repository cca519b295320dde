/** What API Gateway checks of a request before it reaches the app, made from the same routes. Deploys nothing. */
import * as z from 'zod'
import { isJsonObject, type Json, type JsonObject } from '../../schema/json.ts'
import { ALL_ROUTES } from './routes.ts'

export interface GatewayRoute {
  readonly method: 'GET' | 'POST'
  /** Parameters in braces. */
  readonly path: string
  readonly operationId: string
  /** Name of the model of `requestModels()` that the body must fit. */
  readonly bodyModel?: string
  /** Names → whether they must be there. */
  readonly query: Readonly<Record<string, boolean>>
  readonly headers: Readonly<Record<string, boolean>>
}

export function routesForGateway(): readonly GatewayRoute[] {
  return ALL_ROUTES.map(({ method, path, operationId, body, query, headers }) => ({
    method,
    path,
    operationId,
    ...(body === undefined ? {} : { bodyModel: body.model }),
    query: requiredOf(query),
    headers: requiredOf(headers),
  }))
}

/** By name, JSON Schema of draft 4, which is what API Gateway knows. */
export function requestModels(): Readonly<Record<string, JsonObject>> {
  // Without the schemas' own names and examples, which would make references and words that the draft does not know.
  const options = { target: 'draft-04', io: 'input', metadata: z.registry<Record<never, never>>() } as const
  return Object.fromEntries(
    ALL_ROUTES.flatMap(({ body }) => {
      if (body === undefined) return []
      const { definitions: _, ...schema } = z.toJSONSchema(body.schema, options)
      return [[body.model, withoutReferences(schema as JsonObject)]]
    }),
  ) as Readonly<Record<string, JsonObject>>
}

/**
 * Any JSON in the place of what refers to itself, which a gateway's model cannot, or not everywhere: the app checks all of it.
 */
function withoutReferences(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map((part) => withoutReferences(part))
  if (!isJsonObject(schema)) return schema
  const { $ref, allOf } = schema
  if ($ref !== undefined || (Array.isArray(allOf) && allOf.some((part) => isJsonObject(part) && '$ref' in part)))
    return {}
  return Object.fromEntries(Object.entries(schema).map(([key, part]) => [key, withoutReferences(part)]))
}

function requiredOf(schema: z.ZodObject | undefined): Readonly<Record<string, boolean>> {
  if (schema === undefined) return {}
  return Object.fromEntries(
    Object.entries(schema.shape).map(([name, field]) => [name, !z.safeParse(field, undefined).success]),
  )
}
