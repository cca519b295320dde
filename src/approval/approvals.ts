/**
 * `openApprovals`: approvals in the records: one item each, a pointer by id, and the task token in an item of its
 * own. Sends nothing to a token and writes no journal.
 */
import { canonicalJson } from '../audit/canonical.ts'
import type { Clock } from '../clock.ts'
import { crashPoint } from '../crash-point.ts'
import { Conflict, RecordsCorrupt } from '../errors.ts'
import type { Condition, Item, Key, Records, Write } from '../records/records.ts'
import type { ApprovalId, ApprovalRequest } from '../schema/approval.ts'
import { RunId } from '../schema/ids.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import { Approval, cast, closed, expired, type Vote, type Voted, type Voter } from './approval-state.ts'

export interface Approvals {
  /**
   * Asked again, the same request keeps its expiry and what was said of it, and takes the newer token.
   */
  request(asked: Asked, token: string): Promise<Approval>
  read(approvalId: string): Promise<Approval | undefined>
  /** Pending, oldest first. May lag a moment. */
  list(options: { readonly limit: number; readonly after?: string | undefined }): Promise<ApprovalPage>
  /** All of a run, however they ended. */
  ofRun(runId: RunId): Promise<readonly Approval[]>
  /** The token that waits for it: of the latest request. */
  tokenOf(approval: Approval): Promise<string | undefined>
  /** @returns what came of it and how the approval stands; undefined where there is none. */
  vote(approvalId: string, vote: Vote, voter: Voter): Promise<{ voted: Voted; approval: Approval } | undefined>
  /** @returns how it stands: expired now, or as it was decided before. */
  expire(runId: RunId, approvalId: ApprovalId): Promise<Approval | undefined>
  /** Ends those of a run that are still pending. Safe to repeat. */
  close(runId: RunId): Promise<void>
}

export type Asked = Pick<Approval, 'request' | 'startedBy' | 'node'>

export interface ApprovalPage {
  readonly approvals: readonly Approval[]
  readonly next?: string
}

const INDEX = 'APPROVALS'
/** Rounds against others who say something of the same request. */
const ROUNDS = 10
/** Items of one look at a run. */
const PAGE = 200

export function openApprovals({ records, clock }: { readonly records: Records; readonly clock: Clock }): Approvals {
  const nowMs = () => clock.now().getTime()

  async function stored(key: Key): Promise<Stored | undefined> {
    const item = await records.get(key)
    return item === undefined ? undefined : storedOf(item)
  }

  async function find(approvalId: string): Promise<Stored | undefined> {
    const pointer = await records.get(pointerKey(approvalId))
    const runId = RunId.safeParse(pointer?.attributes['runId'])
    return runId.success ? stored(approvalKey(runId.data, approvalId)) : undefined
  }

  /** undefined: somebody else changed it first. */
  async function replace(before: Stored, approval: Approval): Promise<boolean> {
    crashPoint('approval.decide.before')
    const version = before.version + 1
    const condition: Condition = { kind: 'equals', attribute: 'version', value: before.version }
    const outcome = await records.write({ kind: 'put', item: itemOf(approval, version), condition })
    crashPoint('approval.decide.after')
    if (outcome.ok) return true
    // The reply to an earlier send was lost: it stands as it was to stand.
    const now = outcome.item === undefined ? undefined : storedOf(outcome.item)
    return now?.version === version && textOf(now.approval) === textOf(approval)
  }

  async function change(
    look: () => Promise<Stored | undefined>,
    transition: (approval: Approval) => Approval | undefined,
  ): Promise<Approval | undefined> {
    for (let round = 1; round <= ROUNDS; round += 1) {
      const before = await look()
      if (before === undefined) return undefined
      const after = transition(before.approval)
      if (after === undefined) return before.approval
      if (await replace(before, after)) return after
    }
    throw tooMany()
  }

  async function takeToken(request: ApprovalRequest, token: string): Promise<void> {
    await records.write(tokenWrite(request, token))
  }

  async function ofRun(runId: RunId): Promise<readonly Approval[]> {
    const found: Approval[] = []
    let after: string | undefined
    do {
      const options = { prefix: 'a-', limit: PAGE, ...(after === undefined ? {} : { after }) }
      const page = await records.query(partitionOf(runId), options)
      found.push(...page.items.map((item) => storedOf(item).approval))
      after = page.next
    } while (after !== undefined)
    return found
  }

  return {
    async request(asked, token) {
      const { request } = asked
      const approval: Approval = { ...asked, status: 'pending', votes: [] }
      const key = approvalKey(request.runId, request.approvalId)
      crashPoint('approval.request.before')
      const outcome = await records.transact([
        { kind: 'put', item: itemOf(approval, 1), condition: { kind: 'absent' } },
        { kind: 'put', item: pointerItem(request), condition: { kind: 'absent' } },
        tokenWrite(request, token),
      ])
      crashPoint('approval.request.after')
      if (outcome.ok) return approval
      await takeToken(request, token)
      // Its run had ended, and goes on: it asks anew, with all of its time.
      const reopened = (before: Approval): Approval | undefined => (before.status === 'closed' ? approval : undefined)
      const known = await change(() => stored(key), reopened)
      if (known === undefined) throw tooMany()
      return known
    },
    read: async (approvalId) => (await find(approvalId))?.approval,
    async list({ limit, after }) {
      const { items, next } = await records.queryIndex(INDEX, { limit, ...(after === undefined ? {} : { after }) })
      const cursor = next?.split('\0', 1)[0]
      const approvals = items.map((item) => storedOf(item).approval)
      return cursor === undefined ? { approvals } : { approvals, next: cursor }
    },
    ofRun,
    async tokenOf({ request: { runId, approvalId } }) {
      const token = (await records.get(tokenKey(runId, approvalId)))?.attributes['token']
      return typeof token === 'string' ? token : undefined
    },
    async vote(approvalId, vote, voter) {
      let voted: Voted | undefined
      const approval = await change(
        () => find(approvalId),
        (before) => {
          voted = cast(before, vote, voter, nowMs())
          return voted.kind === 'changed' ? voted.approval : undefined
        },
      )
      return approval === undefined || voted === undefined ? undefined : { voted, approval }
    },
    expire: (runId, approvalId) =>
      change(
        () => stored(approvalKey(runId, approvalId)),
        (before) => expired(before, nowMs()),
      ),
    async close(runId) {
      for (const { status, request } of await ofRun(runId)) {
        if (status === 'pending') await change(() => stored(approvalKey(runId, request.approvalId)), closed)
      }
    },
  }
}

interface Stored {
  readonly approval: Approval
  readonly version: number
}

function partitionOf(runId: string): string {
  return `RUN#${runId}#APPROVAL`
}

function approvalKey(runId: string, approvalId: string): Key {
  return { partition: partitionOf(runId), sort: approvalId }
}

function tokenKey(runId: string, approvalId: string): Key {
  return { partition: partitionOf(runId), sort: `TOKEN#${approvalId}` }
}

function pointerKey(approvalId: string): Key {
  return { partition: `APPROVAL#${approvalId}`, sort: 'RUN' }
}

function pointerItem({ approvalId, runId }: ApprovalRequest): Item {
  return { ...pointerKey(approvalId), attributes: { runId } }
}

/** The newest token is the one that somebody waits for. */
function tokenWrite({ runId, approvalId }: ApprovalRequest, token: string): Write {
  const condition: Condition = { kind: 'or', conditions: [{ kind: 'absent' }, { kind: 'exists' }] }
  return { kind: 'put', item: { ...tokenKey(runId, approvalId), attributes: { token } }, condition }
}

function itemOf(approval: Approval, version: number): Item {
  const { runId, approvalId, requestedAt } = approval.request
  const index = approval.status === 'pending' ? { partition: INDEX, sort: `${requestedAt}#${approvalId}` } : undefined
  const attributes = { approval: approval as unknown as JsonObject, version }
  return { ...approvalKey(runId, approvalId), attributes, ...(index === undefined ? {} : { index }) }
}

function storedOf({ partition, sort, attributes: { approval, version } }: Item): Stored {
  const parsed = Approval.safeParse(approval)
  if (parsed.success && typeof version === 'number') return { approval: parsed.data, version }
  throw new RecordsCorrupt({
    message: `the approval ${partition} ${sort} is damaged, or from a newer version`,
    next: 'Use the Baton version that wrote it, or restore the data folder from a copy.',
    cause: parsed.error,
  })
}

function textOf(approval: Approval): string {
  return canonicalJson(approval as unknown as Json)
}

function tooMany(): Conflict {
  return new Conflict({
    message: `an approval could not be written in ${ROUNDS} rounds: others decide on it too`,
    next: 'Look at it with: baton approvals',
  })
}
