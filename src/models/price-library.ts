/**
 * Prices from @pydantic/genai-prices. Importing this file loads all of its data (0.8 MB, about 0.1 s): only
 * src/models/load-prices.ts does, and only when a model that costs money is chosen. Makes no request.
 */
import { calcPrice, findProvider, type ModelPrice as LibraryPrice } from '@pydantic/genai-prices'
import type { ModelPrice, Rates } from './prices.ts'

/** @param endpoint URL of an OpenAI-compatible server, by which its operator is known. */
export function findInLibrary(provider: string, modelId: string, now: Date, endpoint?: string): ModelPrice | undefined {
  const providerId = providerIdOf(provider, endpoint)
  if (providerId === undefined) return undefined
  const found = calcPrice({ input_tokens: 0, output_tokens: 0 }, modelId, { providerId, timestamp: now })
  if (found === null) return undefined
  const rates = ratesAt(found.model_price, 0)
  if (rates === undefined) return undefined
  const starts = tierStarts(found.model_price)
  const tiers = starts.map((start) => ({
    aboveInputTokens: start,
    ...(ratesAt(found.model_price, start + 1) ?? rates),
  }))
  const source = `genai-prices: ${providerId}, ${found.model.id}`
  return { ...rates, ...(tiers.length > 0 && { tiers }), source }
}

/** A local server, or one that the library does not know, has no price there. */
function providerIdOf(provider: string, endpoint: string | undefined): string | undefined {
  if (provider === 'bedrock') return 'aws'
  if (provider !== 'openai' || endpoint === undefined) return undefined
  return findProvider({ providerApiUrl: endpoint })?.id
}

/** Without a price of its own, cached input costs what input costs. */
function ratesAt(price: LibraryPrice, inputTokens: number): Rates | undefined {
  const input = rateAt(price['input_mtok'], inputTokens)
  const output = rateAt(price['output_mtok'], inputTokens)
  if (input === undefined) return undefined
  return {
    inputPerMillionUsd: input,
    outputPerMillionUsd: output ?? 0,
    cacheReadPerMillionUsd: rateAt(price['cache_read_mtok'], inputTokens) ?? input,
    cacheWritePerMillionUsd: rateAt(price['cache_write_mtok'], inputTokens) ?? input,
  }
}

function rateAt(rate: LibraryPrice[string], inputTokens: number): number | undefined {
  if (rate === undefined || typeof rate === 'number') return rate
  return rate.tiers.findLast((tier) => inputTokens > tier.start)?.price ?? rate.base
}

function tierStarts(price: LibraryPrice): number[] {
  const starts = Object.values(price).flatMap((rate) =>
    typeof rate === 'object' ? rate.tiers.map((t) => t.start) : [],
  )
  return [...new Set(starts)].sort((a, b) => a - b)
}
