import { expect, it } from 'vitest'
import type { HttpAppOptions } from '../../../../src/api/http/app.ts'
import type { Json } from '../../../../src/schema/json.ts'
import { office } from '../approvals-bench.ts'
import { bench } from './bench.ts'

const PAYMENT = { to: 'bob', cents: 100 }
const SCRIPT = { clerk: [{ toolUses: [{ name: 'send_money', input: PAYMENT }] }, { submit: { done: true } }] }
const BY_HEADER: HttpAppOptions = { callerOf: (request) => request.headers.get('x-caller') ?? undefined }
const LOOKS = 200

interface Waiting {
  readonly request: { readonly approvalId: string; readonly subjectSha256: string; readonly [key: string]: Json }
  readonly [key: string]: Json
}

/** A run that `starter` has started, and the requests that others answer. */
async function started(options: HttpAppOptions = BY_HEADER) {
  const { ask, ended } = bench(SCRIPT, options, office)
  const as = (caller: string) => ({ headers: { 'x-caller': caller } })
  const { json } = await ask('POST', '/runs', { body: { workflow: 'paying', input: {} }, ...as('local:starter') })

  async function waiting(kind: string): Promise<Waiting> {
    for (let look = 1; look <= LOOKS; look += 1) {
      const page = (await ask('GET', '/approvals')).json as unknown as { readonly approvals: readonly Waiting[] }
      const found = page.approvals.find(({ request }) => request['kind'] === kind)
      if (found !== undefined) return found
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error(`nobody was asked for ${kind}`)
  }

  return {
    ask,
    waiting,
    runId: json['runId'] as string,
    ended: () => ended(json['runId']),
    say: ({ request }: Waiting, caller: string, more: object = {}) =>
      ask('POST', `/approvals/${request.approvalId}`, {
        body: { decision: 'approve', subjectSha256: request.subjectSha256, ...more },
        ...as(caller),
      }),
  }
}

it('lists, shows and takes what people decide, and the run goes on with it', async () => {
  const { ask, waiting, say, ended, runId } = await started()
  const call = await waiting('tool')
  expect(call).toMatchObject({ status: 'pending', startedBy: 'local:starter', missing: 1, roles: [] })
  expect((await ask('GET', `/approvals/${call.request.approvalId}`)).json).toEqual(call)
  expect(call.request).toMatchObject({ tool: 'send_money', agent: 'clerk' })
  expect(JSON.stringify(call.request['subject'])).toContain('bob')
  const edited = { to: 'bob', cents: 50 }
  const said = await say(call, 'local:bert', { edited, comment: 'half of it' })
  expect(said).toMatchObject({ status: 200, json: { status: 'approved', decision: { by: ['local:bert'], edited } } })

  expect(await say(await waiting('approve'), 'local:anna')).toMatchObject({ status: 200 })
  const answer = { stars: 5 }
  expect(await say(await waiting('person'), 'local:bert', { answer })).toMatchObject({ status: 200 })
  expect(await ended()).toMatchObject({ status: 'succeeded', output: { stars: 5, text: 'none' } })
  expect((await ask('GET', '/approvals')).json).toEqual({ approvals: [] })
  const all = (await ask('GET', `/approvals?runId=${runId}`)).json['approvals'] as readonly Waiting[]
  expect(all.map(({ status }) => status)).toEqual(['approved', 'approved', 'approved'])
}, 20_000)

it('refuses whoever may not, what is forged, changed, unfitting, or decided', async () => {
  const { ask, waiting, say, ended, runId } = await started()
  const call = await waiting('tool')
  expect(await say(call, 'local:starter')).toMatchObject({ status: 403, json: { name: 'Forbidden' } })
  const forged = { ...call, request: { ...call.request, approvalId: `a-${'0'.repeat(32)}` } }
  expect(await say(forged, 'local:bert')).toMatchObject({ status: 404 })
  expect(await ask('GET', `/approvals/a-${'0'.repeat(32)}`)).toMatchObject({ status: 404 })
  expect(await ask('GET', '/approvals/what')).toMatchObject({ status: 400 })
  expect(await say(call, 'local:bert', { subjectSha256: '0'.repeat(64) })).toMatchObject({ status: 409 })
  const unfit = await say(call, 'local:bert', { edited: { to: 'bob', cents: 5_000 } })
  expect(unfit).toMatchObject({ status: 400, json: { detail: expect.stringContaining('cents') } })
  expect(await say(call, 'local:bert', { answer: 'yes' })).toMatchObject({ status: 400 })
  expect(await say(call, 'local:bert', { decision: 'maybe' })).toMatchObject({ status: 400 })
  expect((await ask('GET', `/approvals/${call.request.approvalId}`)).json).toMatchObject({ votes: [] })

  expect(await say(call, 'local:bert')).toMatchObject({ status: 200 })
  expect(await say(call, 'local:bert')).toMatchObject({ status: 200, json: { votes: [{ by: 'local:bert' }] } })
  expect(await say(call, 'local:cora')).toMatchObject({ status: 409 })

  const publish = await waiting('approve')
  expect(await say(publish, 'local:bert')).toMatchObject({
    status: 403,
    json: { detail: expect.stringContaining('editor') },
  })
  await ask('POST', `/runs/${runId}/cancel`)
  expect(await ended()).toMatchObject({ status: 'cancelled' })
  expect(await say(publish, 'local:anna')).toMatchObject({ status: 409 })
}, 20_000)

it('denies with guidance, and the run ends as its workflow says', async () => {
  const { waiting, say, ended } = await started()
  await say(await waiting('tool'), 'local:bert')
  const denied = await say(await waiting('approve'), 'local:anna', { decision: 'deny', guidance: 'not today' })
  expect(denied).toMatchObject({ status: 200, json: { status: 'denied' } })
  expect(await ended()).toMatchObject({ status: 'failed', error: { name: 'Stopped.denied' } })
}, 20_000)

it('takes no decision of somebody unknown, and on one machine that of its user', async () => {
  const nobody = await started({})
  expect(await nobody.say(await nobody.waiting('tool'), 'local:bert')).toMatchObject({ status: 403 })
  const one = await started({ approver: 'local:user' })
  expect(await one.say(await one.waiting('tool'), 'local:bert')).toMatchObject({
    json: { votes: [{ by: 'local:user' }] },
  })
}, 20_000)
