/** A service behind HTTP is the service itself. */
import { describe, expect, it } from 'vitest'
import type { RunService } from '../../../../src/api/run-service.ts'
import { eventsNow } from '../../../../src/cli/remote/remote-place.ts'
import type { RunId } from '../../../../src/schema/ids.ts'
import { client, serve, serveApp } from './served.ts'

const REQUEST = { workflow: 'short' as never, input: { question: 'why' }, settings: {} }

async function told<T>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const event of events) all.push(event)
  return all
}

describe('openRemoteRuns', () => {
  it('tells what the host tells', async () => {
    const { url, host } = await serveApp()
    const { runs } = client(url)
    const { run, isNew } = await runs.start({ ...REQUEST, idempotencyKey: 'one' })
    const { runId } = run
    const watched = await told(runs.follow(runId))
    expect(isNew).toBe(true)
    expect(await runs.start({ ...REQUEST, idempotencyKey: 'one' })).toMatchObject({ run: { runId }, isNew: false })

    const both = async <T>(ask: (service: RunService) => Promise<T>) => {
      const [there, here] = await Promise.all([ask(runs), ask(host.service)])
      // As JSON: what is undefined here is absent there.
      expect(there).toEqual(JSON.parse(JSON.stringify(here)))
    }
    await both((service) => service.read(runId))
    await both((service) => service.output(runId))
    await both((service) => service.list({ limit: 5 }))
    await both((service) => service.events(runId, { limit: 3 }))
    await both((service) => service.describeTeam())
    expect(watched).toEqual(await told(host.service.follow(runId)))
    expect(await told(eventsNow(runId, runs))).toEqual(watched)
    await expect(runs.cancel(runId)).rejects.toMatchObject({ name: 'Conflict' })
    await expect(runs.read('nope' as RunId)).rejects.toMatchObject({ name: 'NotFound' })
  })

  it('reads on where a list or the events are more than a page', async () => {
    const asked: string[] = []
    const { url: real } = await serveApp()
    const { run } = await client(real).runs.start(REQUEST)
    const page = (query: URLSearchParams, left: number) => ({
      runs: Array.from({ length: Math.min(Number(query.get('limit')), left) }, () => run),
      ...(left > 100 ? { next: String(left - 100) } : {}),
    })
    const url = await serve((request, response) => {
      asked.push(request.url ?? '')
      const { searchParams } = new URL(request.url ?? '', 'http://any')
      const body = page(searchParams, Number(searchParams.get('after') ?? 250))
      response.setHeader('content-type', 'application/json').end(JSON.stringify(body))
    })
    const { runs } = client(url)
    expect((await runs.list({ limit: 1_000 })).runs).toHaveLength(250)
    expect(asked).toEqual(['/runs?limit=100', '/runs?limit=100&after=150', '/runs?limit=100&after=50'])
    expect(await runs.list({ limit: 120 })).toMatchObject({ runs: { length: 120 }, next: '50' })
  })

  it('understands an API that says more than this version knows, and none that says less', async () => {
    const { url: real, ended } = await serveApp()
    const { run } = await client(real).runs.start(REQUEST)
    await ended(run.runId)
    const details = JSON.parse(JSON.stringify(await client(real).runs.read(run.runId)))
    let answer: unknown
    const { runs } = client(
      await serve((_request, response) =>
        response.setHeader('content-type', 'application/json').end(JSON.stringify(answer)),
      ),
    )
    const more = { carbon: { grams: 1 } }
    const steps = details.steps.map((step: object) => ({ ...step, ...more }))
    answer = { ...details, ...more, steps, run: { ...details.run, ...more } }
    expect(await runs.read(run.runId)).toEqual(details)
    const { status: _status, ...less } = details.run
    answer = { ...details, run: less }
    await expect(runs.read(run.runId)).rejects.toMatchObject({
      name: 'EndpointUnknown',
      message: expect.stringContaining('run.status'),
    })
  })
})
