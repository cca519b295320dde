import { describe, expect, it } from 'vitest'
import {
  costUsd,
  createPrices,
  type ModelPrice,
  PriceList,
  priceListOf,
  pricesFromList,
} from '../../../src/models/prices.ts'

const price: ModelPrice = {
  inputPerMillionUsd: 3,
  outputPerMillionUsd: 15,
  cacheReadPerMillionUsd: 0.3,
  cacheWritePerMillionUsd: 3.75,
  source: 'test',
}
const usage = { inputTokens: 1_000, outputTokens: 200, cacheReadTokens: 10_000, cacheWriteTokens: 2_000 }

describe('costUsd', () => {
  it('adds up each kind of token at its own rate', () => {
    expect(costUsd(price, usage)).toBeCloseTo(0.003 + 0.003 + 0.003 + 0.0075, 12)
  })

  it('prices the whole call by the tier that all of its input reaches', () => {
    const doubled = {
      inputPerMillionUsd: 6,
      outputPerMillionUsd: 30,
      cacheReadPerMillionUsd: 0.6,
      cacheWritePerMillionUsd: 7.5,
    }
    const tiered = (aboveInputTokens: number) => ({ ...price, tiers: [{ aboveInputTokens, ...doubled }] })

    expect(costUsd(tiered(13_000), usage)).toBeCloseTo(0.0165, 12)
    expect(costUsd(tiered(12_999), usage)).toBeCloseTo(0.033, 12)
  })
})

describe('createPrices', () => {
  it('asks once for each model, also where nothing is known', () => {
    const asked: string[] = []
    const prices = createPrices('v', (provider, modelId) => {
      asked.push(`${provider} ${modelId}`)
      return modelId === 'known' ? price : undefined
    })

    for (let i = 0; i < 3; i++) {
      expect(prices.priceOf('bedrock', 'known')?.costUsd(usage)).toBeCloseTo(0.0165, 12)
      expect(prices.priceOf('bedrock', 'unknown')).toBeUndefined()
    }

    expect(asked).toEqual(['bedrock known', 'bedrock unknown'])
  })

  it('knows that what runs here is free', () => {
    const prices = createPrices('v', () => undefined)

    expect(prices.priceOf('offline', 'any')?.costUsd(usage)).toBe(0)
    expect(prices.priceOf('scripted', 'any')?.price.source).toContain('free')
  })
})

describe('priceListOf', () => {
  it('carries prices as data to where none can be looked up', () => {
    const prices = createPrices('v7', (_, modelId) => (modelId === 'known' ? price : undefined))
    const models = ['known', 'unknown'].map((modelId) => ({ provider: 'bedrock', modelId }))

    const list = PriceList.parse(JSON.parse(JSON.stringify(priceListOf(prices, models))))
    const there = pricesFromList(list)

    expect(there.version).toBe('v7')
    expect(there.priceOf('bedrock', 'known')?.price).toEqual(price)
    expect(there.priceOf('bedrock', 'unknown')).toBeUndefined()
    expect(there.priceOf('openai', 'known')).toBeUndefined()
  })
})
