/** What a run comes to, and how people read it. */
import * as z from 'zod'
import { Changes } from './project.ts'
import { Delivered, Opinion, Requirements, Tested } from './tools.ts'

/** What one round of the repair loop leaves to the next. */
export const Round = z.strictObject({
  changes: Changes,
  cannot: z.string().nullable(),
  tested: Tested,
  review: Opinion.nullable().describe('null: the tests failed, so nobody looked at it'),
})

export type Round = z.infer<typeof Round>

export const Outcome = z.strictObject({
  task: z.string(),
  requirements: Requirements,
  ...Round.omit({ changes: true }).shape,
  approved: z.boolean(),
  delivered: Delivered.nullable(),
})
export type Outcome = z.infer<typeof Outcome>

export function renderOutcome({ task, requirements, cannot, tested, review, approved, delivered }: Outcome): string {
  const lines = [`# ${headingOf()}`, task, requirements.map(({ id, wanted }) => `- ${id}: ${wanted}`).join('\n')]
  if (cannot !== null) return `${[...lines, cannot].join('\n\n')}\n`
  const { passed, total, failures, diff } = tested
  lines.push(`Tests: ${total} were run in the sandbox, ${passed ? 'all passed' : 'not all passed'}.`)
  if (failures.length > 0) lines.push(failures.map((failure) => `- ${failure}`).join('\n'))
  if (review !== null) lines.push(['Review:', review.opinion, ...review.wanted.map((one) => `- ${one}`)].join('\n'))
  lines.push(`\`\`\`diff\n${diff}\`\`\``)
  return `${lines.join('\n\n')}\n`

  function headingOf(): string {
    if (delivered !== null) return `Delivered: ${delivered.written.join(', ')}`
    if (cannot !== null) return 'Not done'
    if (!tested.passed || review?.opinion !== 'accept') return 'Not delivered: no round got through tests and review'
    return approved ? 'Not delivered' : 'Not delivered: nobody approved it'
  }
}
