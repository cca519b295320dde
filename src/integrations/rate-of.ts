import type * as z from 'zod'
import type { RateLimit } from '../define/tool.ts'

export type IntegrationRate = Omit<z.input<typeof RateLimit>, 'name'>

/** One rate for all tools of an integration, under its name. */
export function rateOf(
  integration: string,
  rate: IntegrationRate | undefined,
): { rateLimit?: z.input<typeof RateLimit> } {
  return rate === undefined ? {} : { rateLimit: { ...rate, name: integration.toLowerCase().replaceAll('_', '-') } }
}
