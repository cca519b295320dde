/** What each route answers: its use case, and how that is told in HTTP. Parses nothing: the routes' schemas did. */
import type * as z from 'zod'
import type { Clock } from '../../clock.ts'
import { Forbidden } from '../../errors.ts'
import type { JsonObject } from '../../schema/json.ts'
import type { EventId } from '../../schema/run-event.ts'
import type { RunService } from '../run-service.ts'
import { boundedText } from './bounded-text.ts'
import { eventStream, eventsAtOnce, noMoreEvents } from './event-stream.ts'
import { fromCursor, toCursor } from './list-cursor.ts'
import type { OperationId, ROUTES } from './routes.ts'

interface AnswersOptions {
  readonly document: () => JsonObject
  readonly follow: 'stream' | 'page'
  readonly clock: Clock
  readonly heartbeatMs: number
  readonly mostAnswerBytes: number
  /** Who decides approvals where the host authenticates nobody. */
  readonly approver?: string | undefined
}

type Part<R, Name extends string> = R extends { readonly [Key in Name]: infer Schema extends z.ZodType }
  ? z.output<Schema>
  : undefined

/** A request of a route, as its schemas made it. */
export interface Input<R> {
  readonly params: Part<R, 'params'>
  readonly query: Part<R, 'query'>
  readonly headers: Part<R, 'headers'>
  readonly body: R extends { readonly body: infer Body } ? Part<Body, 'schema'> : undefined
  readonly request: Request
  readonly caller: string | undefined
  readonly onFault: (error: unknown) => void
}

export type Answers = { readonly [Id in OperationId]: (input: Input<(typeof ROUTES)[Id]>) => Promise<Response> }

export function answersOf(service: RunService, options: AnswersOptions): Answers {
  const { document, follow, clock, heartbeatMs, mostAnswerBytes, approver } = options

  /** Of what grows with a run. */
  const bounded = (value: unknown) => boundedAnswer(value, mostAnswerBytes)

  async function streamOf(input: Input<typeof ROUTES.listEvents>, after: EventId | undefined): Promise<Response> {
    const { runId } = input.params
    const gone = new AbortController()
    const signal = AbortSignal.any([gone.signal, input.request.signal])
    const events = service.follow(runId, { after, signal })[Symbol.asyncIterator]()
    return eventStream(events, { clock, heartbeatMs, onFault: input.onFault, onGone: () => gone.abort() })
  }

  // Once, and only for who asks: it takes longer than all else here.
  let description: JsonObject | undefined

  return {
    async startRun({ body, headers, caller }) {
      const key = headers['idempotency-key']
      const { run, isNew } = await service.start({
        ...body,
        ...(key === undefined ? {} : { idempotencyKey: key }),
        ...(caller === undefined ? {} : { caller }),
      })
      // Relative to `/runs`, so that it holds below a stage's path as well.
      return Response.json(run, { status: isNew ? 202 : 200, headers: { location: `runs/${run.runId}` } })
    },
    async listRuns({ query: { limit, after } }) {
      const options = after === undefined ? { limit } : { limit, after: fromCursor(after) }
      const { runs, next } = await service.list(options)
      return bounded(next === undefined ? { runs } : { runs, next: toCursor(next) })
    },
    readRun: async ({ params: { runId } }) => bounded(await service.read(runId)),
    readOutput: async ({ params: { runId } }) => bounded(await service.output(runId)),
    async listEvents(input) {
      const { params, query, headers, request } = input
      const after = headers['last-event-id'] ?? query.after
      if (!wantsStream(request)) return bounded(await service.events(params.runId, { after, limit: query.limit }))
      // Nobody reads what follows on a HEAD, so that nobody would ever leave off.
      if (follow === 'stream' && request.method !== 'HEAD') return streamOf(input, after)
      const page = await service.events(params.runId, { after, limit: query.limit })
      return page.ended && page.events.length === 0 ? noMoreEvents() : eventsAtOnce(page, mostAnswerBytes)
    },
    cancelRun: async ({ params: { runId }, caller }) =>
      Response.json(await service.cancel(runId, caller), { status: 202 }),
    resumeRun: async ({ params: { runId }, caller }) =>
      Response.json(await service.resume(runId, caller), { status: 202 }),
    readBudget: async ({ params: { runId } }) => bounded(await service.budget(runId)),
    raiseBudget: async ({ params: { runId }, body, caller }) => bounded(await service.raiseBudget(runId, body, caller)),
    readAudit: async ({ params: { runId }, query }) => bounded(await service.audit(runId, query)),
    listEffects: async ({ params: { runId } }) => bounded(await service.effects(runId)),
    settleEffect: async ({ params: { runId }, body, caller }) =>
      bounded(await service.settleEffect(runId, body, caller)),
    readState: async ({ params: { runId }, query }) => bounded(await service.state(runId, query)),
    listMessages: async ({ params: { runId }, query: { agent } }) => bounded(await service.messages(runId, agent)),
    async listAgents() {
      const { team, sha256, agents } = await service.describeTeam()
      return Response.json({ team, sha256, agents })
    },
    async listWorkflows() {
      const { agents: _agents, ...team } = await service.describeTeam()
      return Response.json(team)
    },
    async listApprovals({ query: { runId, limit, after } }) {
      const page = { limit, runId, ...(after === undefined ? {} : { after: fromCursor(after) }) }
      const { approvals, next } = await service.listApprovals(page)
      return bounded(next === undefined ? { approvals } : { approvals, next: toCursor(next) })
    },
    readApproval: async ({ params: { approvalId } }) => Response.json(await service.readApproval(approvalId)),
    async decideApproval({ params: { approvalId }, body, caller = approver }) {
      if (caller === undefined) throw unknownApprover()
      return Response.json(await service.decideApproval(approvalId, body, caller))
    },
    listBrakes: async () => Response.json({ brakes: await service.brakes() }),
    async changeBrake({ body: { on, reason = '', ...target }, caller = SOMEBODY }) {
      return Response.json(
        on ? await service.setBrake(target, { reason, by: caller }) : await service.releaseBrake(target),
      )
    },
    listVersions: async ({ query }) => bounded(await service.versions(query)),
    rollback: async ({ body, caller = SOMEBODY }) => Response.json(await service.rollback(body, caller)),
    changeCanary: async ({ body, caller = SOMEBODY }) => Response.json(await service.changeCanary(body, caller)),
    async readOpenapi() {
      description ??= document()
      return Response.json(description)
    },
    readHealth: async () => Response.json({ status: 'ok', team: (await service.describeTeam()).team }),
  }
}

/** Where the host authenticates nobody: a server on one machine. */
const SOMEBODY = 'somebody on this machine'

/** That they did not start the run could not be known, nor that two of them are two. */
function unknownApprover(): Forbidden {
  const message = 'Nobody is authenticated here, so that nobody can decide'
  return new Forbidden({ message, next: 'Ask whoever runs the server to authenticate its callers.' })
}

function boundedAnswer(value: unknown, most: number): Response {
  return new Response(boundedText(JSON.stringify(value), most), { headers: { 'content-type': 'application/json' } })
}

function wantsStream(request: Request): boolean {
  const accepted = (request.headers.get('accept') ?? '')
    .split(',')
    .map((part) => part.split(';')[0]?.trim().toLowerCase())
  return accepted.includes('text/event-stream')
}
