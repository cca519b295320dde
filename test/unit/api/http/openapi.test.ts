import { describe, expect, it } from 'vitest'
import { requestModels, routesForGateway } from '../../../../src/api/http/gateway.ts'
import { openApiDocument } from '../../../../src/api/http/openapi.ts'
import { ALL_ROUTES } from '../../../../src/api/http/routes.ts'
import { bench } from './bench.ts'

interface Operation {
  readonly operationId: string
  readonly parameters?: readonly {
    readonly name: string
    readonly in: string
    readonly required: boolean
    readonly schema: object
  }[]
  readonly responses: Readonly<Record<string, { readonly description: string; readonly content?: object }>>
}

interface Document {
  readonly openapi: string
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>
  readonly components: { readonly schemas: Readonly<Record<string, object>>; readonly securitySchemes?: object }
}

const documentOf = (...options: Parameters<typeof openApiDocument>) =>
  openApiDocument(...options) as unknown as Document

/** Every value under a `$ref`, wherever it is. */
function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, part]) => (key === '$ref' ? [String(part)] : referencesIn(part)))
}

describe('the OpenAPI document', () => {
  it('has every route, each with its parameters and what it may answer', () => {
    const { openapi, paths } = documentOf()
    expect(openapi).toBe('3.1.0')
    const operations = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
    )
    expect(
      operations.map(({ path, method, operation }) => `${method.toUpperCase()} ${path} ${operation.operationId}`),
    ).toEqual(
      expect.arrayContaining(ALL_ROUTES.map(({ method, path, operationId }) => `${method} ${path} ${operationId}`)),
    )
    expect(operations).toHaveLength(ALL_ROUTES.length)
    for (const { path, operation } of operations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name)
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path')
      expect(declared.map(({ name }) => name)).toEqual(inPath)
      expect(declared.every(({ required }) => required)).toBe(true)
      expect(Object.keys(operation.responses)).toEqual(expect.arrayContaining(['400', '500', '503']))
      expect(Object.values(operation.responses).every(({ description }) => description !== '')).toBe(true)
    }
  })

  it('refers to nothing that it does not hold, and takes no schema from elsewhere', () => {
    const document = documentOf()
    const held = Object.keys(document.components.schemas).map((name) => `#/components/schemas/${name}`)
    const references = referencesIn(document)
    expect(references.filter((reference) => !held.includes(reference))).toEqual([])
    expect(held.filter((name) => !references.includes(name))).toEqual([])
    expect(JSON.stringify(document)).not.toMatch(/"\$(defs|schema|id)"/)
  })

  it('says how requests are signed where they are', () => {
    const signed = documentOf({
      authorization: 'sigv4',
      team: 'newsroom',
      version: '1.2.3',
      url: 'https://api.example',
    })
    expect(signed).toMatchObject({
      info: { title: 'Baton: newsroom', version: '1.2.3' },
      servers: [{ url: 'https://api.example' }],
      security: [{ sigv4: [] }],
      components: { securitySchemes: { sigv4: { 'x-amazon-apigateway-authtype': 'awsSigv4', in: 'header' } } },
    })
    expect(documentOf().components.securitySchemes).toBeUndefined()
  })

  it('is served', async () => {
    const { ask } = bench(undefined, { document: { team: 'work' } })
    expect((await ask('GET', '/openapi.json')).json).toEqual(openApiDocument({ team: 'work' }))
  })
})

describe('what API Gateway is given', () => {
  it('has every route, with the model of its body', () => {
    const models = requestModels()
    const routes = routesForGateway()
    expect(routes.map(({ operationId }) => operationId)).toEqual(ALL_ROUTES.map(({ operationId }) => operationId))
    expect(routes.flatMap(({ bodyModel }) => bodyModel ?? [])).toEqual(Object.keys(models))
    expect(routes[0]?.headers).toEqual({ 'idempotency-key': false })
  })

  it('takes any JSON where the app alone can say what it must be', () => {
    expect(JSON.stringify(requestModels())).not.toMatch(/\$ref|definitions/)
    expect(requestModels()['Decision']).toMatchObject({ properties: { edited: {}, answer: {} } })
  })

  it('has models of draft 4, without references', () => {
    expect(requestModels()['StartRun']).toEqual({
      $schema: 'http://json-schema.org/draft-04/schema#',
      type: 'object',
      properties: {
        workflow: { type: 'string', pattern: '^[a-z][a-zA-Z0-9_-]{0,47}$' },
        input: {},
        settings: { type: 'object', additionalProperties: {}, default: {} },
        budget: expect.objectContaining({ type: 'object', additionalProperties: false }),
      },
      required: ['workflow', 'input'],
      additionalProperties: false,
    })
  })
})
