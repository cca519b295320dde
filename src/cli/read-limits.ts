import * as z from 'zod'
import { InvalidRequest } from '../errors.ts'
import { BudgetLimits } from '../schema/budget.ts'

const NAMES = ['costUsd', 'tokens', 'turns', 'toolCalls']

/**
 * `5` or `costUsd=5,tokens=100000`: a number alone is dollars.
 * @param option For the error, e.g. `--budget`.
 * @throws InvalidRequest
 */
export function readLimits(text: string, option: string): BudgetLimits {
  const parts = text.split(',').map((part) => part.trim().split('='))
  const named = parts.map(([name = '', value]) => (value === undefined ? ['costUsd', name] : [name, value]))
  const given = Object.fromEntries(named.map(([name, value]) => [name, value === '' ? Number.NaN : Number(value)]))
  const parsed = BudgetLimits.safeParse(given)
  if (parsed.success && named.length === Object.keys(given).length) return parsed.data
  throw new InvalidRequest({
    message: `${option} ${JSON.stringify(text)} is no budget${parsed.success ? '' : `: ${z.prettifyError(parsed.error)}`}`,
    next: `Write ${option} 5 for dollars, or ${option} costUsd=5,tokens=100000 with any of ${NAMES.join(', ')}, each once.`,
  })
}
