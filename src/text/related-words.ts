/** Words that technical documents use for each other, so that a question finds an answer worded differently. */
import { stem } from './words.ts'

const GROUPS = `
  permission access grant allow privilege authorize authorization policy right
  retry retries backoff reattempt retriable
  alarm alert notify notification
  fail failure failing error exception fault crash
  delete remove destroy drop cleanup removal
  change update modify edit alter
  secret password credential token
  schedule cron timer periodic scheduled
  cost price pricing billing charge
  log logging logs logger
  fast speed performance latency throughput
  limit quota maximum bound
  parallel concurrent concurrency simultaneous
  start run execute execution invoke trigger call
  configure configuration setting option property parameter
  monitor monitoring metric observe observability
  deploy deployment release rollout
  store save persist retain retention keep
  encrypt encryption encrypted kms
  test assert assertion
  install setup installation
  bundle bundling package
  wait delay pause
  timeout expire expiry
  environment env
  restrict least minimal restrictive
  queue sqs message
  duplicate deduplicate idempotent idempotency
  rollback revert undo
  cache caching
  split chunk batch`

const related = new Map<string, readonly string[]>()
for (const group of GROUPS.trim().split('\n')) {
  const words = [...new Set(group.trim().split(/\s+/).map(stem))]
  for (const word of words) {
    const others = words.filter((other) => other !== word)
    related.set(word, [...new Set([...(related.get(word) ?? []), ...others])])
  }
}

/** How much a related word counts beside the word itself. */
export const RELATED_WEIGHT = 0.5

/** Stems that may stand for a stem. */
export function relatedTo(word: string): readonly string[] {
  return related.get(word) ?? []
}
