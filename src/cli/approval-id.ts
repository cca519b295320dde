/** An approval by the beginning of its id. */
import type { ApprovalView } from '../api/approvals.ts'
import type { RunService } from '../api/run-service.ts'
import { InvalidRequest, NotFound } from '../errors.ts'
import { ApprovalId } from '../schema/approval.ts'

/** `a-` and as many digits as tell a few hundred apart. */
const SHORTEST = 'a-'.length + 4
/** Looked through for the beginning of one. */
const PAGES = 20
const PAGE = 100

/** @throws InvalidRequest for what is no id, or the beginning of several; NotFound */
export async function findApproval(
  word: string | undefined,
  runs: Pick<RunService, 'listApprovals' | 'readApproval'>,
): Promise<ApprovalView> {
  if (word === undefined) {
    throw new InvalidRequest({ message: 'Which approval? Its id is missing', next: 'baton approvals lists them.' })
  }
  if (ApprovalId.safeParse(word).success) return runs.readApproval(word)
  if (word.length < SHORTEST || !/^a-[0-9a-f]+$/.test(word)) {
    throw new InvalidRequest({
      message: `${JSON.stringify(word)} is no approval's id, nor the beginning of one`,
      next: 'Give at least the first 4 digits: baton approvals lists them.',
    })
  }
  const found = await pendingWith(word, runs)
  const [one] = found
  if (one !== undefined && found.length === 1) return one
  if (one === undefined) {
    throw new NotFound({ message: `Nothing waits under an id that begins with ${word}`, next: 'baton approvals' })
  }
  throw new InvalidRequest({
    message: `${found.length} ids begin with ${word}: ${found.map(({ request }) => request.approvalId).join(', ')}`,
    next: 'Give more of it.',
  })
}

async function pendingWith(beginning: string, runs: Pick<RunService, 'listApprovals'>): Promise<ApprovalView[]> {
  const found: ApprovalView[] = []
  let after: string | undefined
  for (let page = 1; page <= PAGES; page += 1) {
    const { approvals, next } = await runs.listApprovals({ limit: PAGE, after })
    found.push(...approvals.filter(({ request }) => request.approvalId.startsWith(beginning)))
    if (next === undefined) break
    after = next
  }
  return found
}
