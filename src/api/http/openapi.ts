/** The OpenAPI 3.1 document of the API, made from the routes. Its schemas are JSON Schema 2020-12, as zod writes it. */
import * as z from 'zod'
import { BudgetView, RaiseBudget } from '../../schema/budget.ts'
import { EffectList, SettleEffect } from '../../schema/effect.ts'
import { Json, type JsonObject } from '../../schema/json.ts'
import { MessageList } from '../../schema/mailbox.ts'
import { Run } from '../../schema/run.ts'
import { AuditPage } from '../../schema/run-audit.ts'
import { StreamedEvent } from '../../schema/run-event.ts'
import { StateView } from '../../schema/state.ts'
import {
  AgentList,
  ApprovalPage,
  ApprovalView,
  BrakeBody,
  BrakeChange,
  BrakeList,
  CanaryBody,
  DecideBody,
  EventPage,
  Health,
  PointerMove,
  Problem,
  RollbackBody,
  RunDetails,
  RunPage,
  StartRunBody,
  StepView,
  VersionList,
  WorkflowList,
} from './bodies.ts'
import { ALL_ROUTES, type Answer, type Route } from './routes.ts'

export interface DocumentOptions {
  /** For the title. */
  readonly team?: string
  /** @default '0.0.0' */
  readonly version?: string
  /** Where the API answers. @default '.', which is where the document was found, below a stage's path too */
  readonly url?: string
  /** `sigv4`: requests are signed for execute-api, as API Gateway with IAM authorisation asks. @default 'none' */
  readonly authorization?: 'sigv4' | 'none'
}

const SCHEMAS: Readonly<Record<string, z.ZodType>> = {
  StartRun: StartRunBody,
  Run,
  RunDetails,
  StepView,
  RunPage,
  BudgetView,
  RaiseBudget,
  EffectList,
  SettleEffect,
  MessageList,
  StateView,
  AuditPage,
  EventPage,
  StreamedEvent,
  AgentList,
  WorkflowList,
  Approval: ApprovalView,
  ApprovalPage,
  Decision: DecideBody,
  Brake: BrakeBody,
  BrakeList,
  BrakeChange,
  VersionList,
  Rollback: RollbackBody,
  Canary: CanaryBody,
  PointerMove,
  Health,
  Problem,
  Json,
}

/** What every route may answer: a fault in the request, a fault of the server, and records that do not answer. */
const COMMON_PROBLEMS = [400, 500, 503]
const PROBLEMS: Readonly<Record<number, string>> = {
  400: 'The request cannot be carried out as it is.',
  404: 'There is none of that name.',
  409: 'Somebody else is at it, it is over, or the key was used with another body.',
  413: 'The body, or the answer, is too large.',
  415: 'The body is no application/json.',
  500: 'A fault of the server.',
  503: 'The records do not answer: try again after Retry-After.',
}

export function openApiDocument(options: DocumentOptions = {}): JsonObject {
  const { team, version = '0.0.0', url = '.', authorization = 'none' } = options
  const paths: Record<string, Record<string, unknown>> = {}
  for (const route of ALL_ROUTES) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: operationOf(route) }
  }
  const document = {
    openapi: '3.1.0',
    info: {
      title: team === undefined ? 'Baton' : `Baton: ${team}`,
      version,
      description: 'Start, watch, brake, cancel and resume the runs of a team of agents.',
    },
    servers: [{ url }],
    ...(authorization === 'sigv4' ? { security: [{ sigv4: [] }] } : {}),
    paths,
    components: {
      schemas: componentsOf(),
      ...(authorization === 'sigv4' ? { securitySchemes: { sigv4: SIGV4 } } : {}),
    },
  }
  return document as unknown as JsonObject
}

/** As API Gateway writes it: Signature Version 4 is no scheme of OpenAPI's own. */
const SIGV4 = {
  type: 'apiKey',
  in: 'header',
  name: 'Authorization',
  description: 'AWS Signature Version 4 for the service execute-api.',
  'x-amazon-apigateway-authtype': 'awsSigv4',
}

function componentsOf(): Readonly<Record<string, unknown>> {
  const registry = z.registry<{ id: string }>()
  for (const [id, schema] of Object.entries(SCHEMAS)) registry.add(schema, { id })
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri: (id) => `#/components/schemas/${id}` })
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $schema: _draft, $id: _id, ...schema }]) => [
      id,
      id === 'Json' ? { description: 'Any JSON value.' } : schema,
    ]),
  )
}

function operationOf(route: Route): Readonly<Record<string, unknown>> {
  const { operationId, summary, description, body, answers, problems, params, query, headers } = route
  const parameters = [
    ...parametersOf('path', params),
    ...parametersOf('query', query),
    ...parametersOf('header', headers),
  ]
  const statuses = [...COMMON_PROBLEMS, ...problems].sort((a, b) => a - b)
  return {
    operationId,
    summary,
    ...(description === undefined ? {} : { description }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined ? {} : { requestBody: { required: true, content: jsonOf(body.schema) } }),
    responses: {
      ...Object.fromEntries(Object.entries(answers).map(([status, answer]) => [status, answerOf(answer)])),
      ...Object.fromEntries(statuses.map((status) => [status, problemOf(status)])),
    },
  }
}

function parametersOf(place: 'path' | 'query' | 'header', schema: z.ZodObject | undefined) {
  return Object.entries(schema?.shape ?? {}).map(([name, field]) => {
    const { $schema: _draft, description, example, ...rest } = z.toJSONSchema(field as z.ZodType, { io: 'input' })
    return {
      name: place === 'header' ? headerName(name) : name,
      in: place,
      required: !z.safeParse(field, undefined).success,
      ...(description === undefined ? {} : { description }),
      schema: rest,
      ...(example === undefined ? {} : { example }),
    }
  })
}

function headerName(name: string): string {
  return name.replace(/\b[a-z]/g, (letter) => letter.toUpperCase())
}

function answerOf({ description, schema, alsoAs, headers }: Answer): Readonly<Record<string, unknown>> {
  const also = alsoAs && { [alsoAs.contentType]: { schema: schemaOf(alsoAs.schema) } }
  const named = Object.entries(headers ?? {}).map(([name, text]) => [name, { description: text, schema: TEXT }])
  return {
    description,
    ...(named.length === 0 ? {} : { headers: Object.fromEntries(named) }),
    ...(schema === undefined ? {} : { content: { ...jsonOf(schema), ...also } }),
  }
}

const TEXT = { type: 'string' }

function problemOf(status: number): Readonly<Record<string, unknown>> {
  return {
    description: PROBLEMS[status] ?? 'A problem.',
    content: { 'application/problem+json': { schema: schemaOf(Problem) } },
  }
}

function jsonOf(schema: z.ZodType): Readonly<Record<string, unknown>> {
  return { 'application/json': { schema: schemaOf(schema) } }
}

/** By reference where it has a name. */
function schemaOf(schema: z.ZodType): unknown {
  const name = Object.keys(SCHEMAS).find((key) => SCHEMAS[key] === schema)
  if (name !== undefined) return { $ref: `#/components/schemas/${name}` }
  const { $schema: _draft, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest
}
