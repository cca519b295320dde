/** An app on an embedded host in memory. Every answer is held against the schemas of its route. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { createHttpApp, type HttpAppOptions } from '../../../../src/api/http/app.ts'
import { Problem } from '../../../../src/api/http/bodies.ts'
import { ALL_ROUTES } from '../../../../src/api/http/routes.ts'
import { systemClock } from '../../../../src/clock.ts'
import { openHost } from '../../../../src/engine/host.ts'
import { thisProcess } from '../../../../src/engine/host-owner.ts'
import { openStores } from '../../../../src/engine/host-stores.ts'
import type { Json } from '../../../../src/schema/json.ts'
import { type Script, scriptedModel } from '../../../../src/testing/scripted-model.ts'
import work from '../../../cli/teams/work.team.ts'

export const QUICK: Script = {
  planner: () => ({ submit: { topics: ['a', 'b'] } }),
  worker: () => ({ submit: { done: 'yes' } }),
  writer: () => ({ submit: { title: 'All', lines: [] } }),
}
export const START = { workflow: 'short', input: { question: 'why' } }

interface Asked {
  /** What is neither text nor bytes goes out as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>> | undefined
}

export interface Told {
  readonly status: number
  readonly headers: Headers
  readonly json: Record<string, Json>
}

export function bench(script: Script = QUICK, options: HttpAppOptions = {}, team = work) {
  const folder = mkdtempSync(join(tmpdir(), 'baton-http-'))
  const stores = openStores({ folder, memory: true, synchronous: 'NORMAL', clock: systemClock })
  const faults: unknown[] = []
  let ids = 0
  const host = openHost({
    stores,
    team,
    model: scriptedModel(script),
    priceOf: () => undefined,
    clock: systemClock,
    random: () => 0,
    newRunId: () => `run-${++ids}`,
    owner: thisProcess(),
  })
  onTestFinished(async () => {
    await host.release()
    stores.close()
    rmSync(folder, { recursive: true, force: true })
  })
  const app = createHttpApp(host.service, { onError: (error) => faults.push(error), ...options })

  async function ask(method: string, path: string, { body, headers: given = {} }: Asked = {}): Promise<Told> {
    const headers = new Headers(given)
    if (body !== undefined && !headers.has('content-type')) headers.set('content-type', 'application/json')
    const sent = typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
    const content = body === undefined ? {} : { body: sent as string }
    return told(method, path, await app.request(path, { method, headers, ...content }))
  }

  /** Resolves once the run is over. */
  async function ended(runId: Json | undefined): Promise<Record<string, Json>> {
    for await (const _event of host.service.follow(runId as never));
    return (await ask('GET', `/runs/${runId}`)).json['run'] as Record<string, Json>
  }

  return { app, ask, ended, host, stores, faults }
}

async function told(method: string, path: string, response: Response): Promise<Told> {
  const { status, headers } = response
  const text = await response.text()
  expect(headers.get('cache-control')).toBe('no-store')
  if (status === 204 || method === 'HEAD') return { status, headers, json: {} }
  const json = JSON.parse(text) as Record<string, Json>
  if (status >= 400) {
    expect(headers.get('content-type')).toBe('application/problem+json')
    expect(Problem.parse(json).status).toBe(status)
  } else {
    const { pathname } = new URL(path, 'http://any')
    const route = ALL_ROUTES.find((candidate) => candidate.method === method && pattern(candidate.path).test(pathname))
    route?.answers[status]?.schema?.parse(json)
    expect(route?.answers).toHaveProperty(String(status))
  }
  return { status, headers, json }
}

function pattern(path: string): RegExp {
  return new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/]+')}$`)
}
