/**
 * What a model call costs. An unknown price stays unknown: never 0, never a guess. Holds no price data and loads none
 * (src/models/load-prices.ts does), so that a function's bundle carries only the prices of its own models.
 */
import * as z from 'zod'
import type { Usage } from '../schema/model-call.ts'

const Rate = z.number().nonnegative()

/** US dollars per million tokens. */
export const Rates = z.strictObject({
  inputPerMillionUsd: Rate,
  outputPerMillionUsd: Rate,
  cacheReadPerMillionUsd: Rate,
  cacheWritePerMillionUsd: Rate,
})
export type Rates = z.infer<typeof Rates>

export const ModelPrice = z.strictObject({
  ...Rates.shape,
  /** Rates of a whole call whose input, cached or not, is larger than that. In ascending order. */
  tiers: z.array(z.strictObject({ aboveInputTokens: z.int().nonnegative(), ...Rates.shape })).optional(),
  /** Where the price comes from. */
  source: z.string().min(1),
})
export type ModelPrice = z.infer<typeof ModelPrice>

/** Prices of some models as data: what a deployed function is given. */
export const PriceList = z.strictObject({
  version: z.string().min(1),
  prices: z.array(z.strictObject({ provider: z.string(), modelId: z.string(), price: ModelPrice })),
})
export type PriceList = z.infer<typeof PriceList>

export interface Price {
  readonly price: ModelPrice
  costUsd(usage: Usage): number
}

export interface Prices {
  /** Kept with each run, so that an old run's cost can be explained. */
  readonly version: string
  /** undefined: not known, so that the cost is unknown too. */
  priceOf(provider: string, modelId: string): Price | undefined
}

/** Providers that run on this machine and bill nobody. */
const FREE_PROVIDERS: ReadonlySet<string> = new Set(['offline', 'scripted'])

const FREE = priced({
  inputPerMillionUsd: 0,
  outputPerMillionUsd: 0,
  cacheReadPerMillionUsd: 0,
  cacheWritePerMillionUsd: 0,
  source: 'free: runs on this machine',
})

export function isFree(provider: string): boolean {
  return FREE_PROVIDERS.has(provider)
}

/** Asks `lookUp` once for each model, and never for a free one. */
export function createPrices(
  version: string,
  lookUp: (provider: string, modelId: string) => ModelPrice | undefined,
): Prices {
  const known = new Map<string, Price | undefined>()
  return {
    version,
    priceOf(provider, modelId) {
      if (isFree(provider)) return FREE
      const key = `${provider} ${modelId}`
      if (!known.has(key)) {
        const price = lookUp(provider, modelId)
        known.set(key, price === undefined ? undefined : priced(price))
      }
      return known.get(key)
    },
  }
}

/** The prices of these models, to hand to a function; models whose price is unknown are left out. */
export function priceListOf(
  prices: Prices,
  models: readonly { readonly provider: string; readonly modelId: string }[],
): PriceList {
  return {
    version: prices.version,
    prices: models.flatMap(({ provider, modelId }) => {
      const price = prices.priceOf(provider, modelId)?.price
      return price === undefined ? [] : [{ provider, modelId, price }]
    }),
  }
}

export function pricesFromList({ version, prices }: PriceList): Prices {
  return createPrices(
    version,
    (provider, modelId) => prices.find((entry) => entry.provider === provider && entry.modelId === modelId)?.price,
  )
}

export function costUsd(price: ModelPrice, usage: Usage): number {
  const allInput = usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens
  const rates = price.tiers?.findLast((tier) => allInput > tier.aboveInputTokens) ?? price
  const millionths =
    usage.inputTokens * rates.inputPerMillionUsd +
    usage.outputTokens * rates.outputPerMillionUsd +
    usage.cacheReadTokens * rates.cacheReadPerMillionUsd +
    usage.cacheWriteTokens * rates.cacheWritePerMillionUsd
  return millionths / 1_000_000
}

function priced(price: ModelPrice): Price {
  return { price, costUsd: (usage) => costUsd(price, usage) }
}
