import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { calcPrice, findProvider } from '@pydantic/genai-prices'
import { describe, expect, it } from 'vitest'
import { LIBRARY_VERSION, loadPrices } from '../../../src/models/load-prices.ts'
import { OVERLAY, OverlayPrice } from '../../../src/models/prices-overlay.ts'

const now = new Date('2026-11-22T12:00:00Z')
const folder = mkdtempSync(join(tmpdir(), 'baton-prices-'))
const bedrock = { providers: ['bedrock'], now }

function file(name: string, value: unknown): string {
  const path = join(folder, name)
  writeFileSync(path, typeof value === 'string' ? value : JSON.stringify(value))
  return path
}

const own = {
  provider: 'openai',
  modelId: 'qwen3:8b',
  inputPerMillionUsd: 0.1,
  outputPerMillionUsd: 0.4,
  validFrom: '2026-01-01',
  source: 'our electricity bill',
  checkedOn: '2026-11-01',
}

describe('loadPrices', () => {
  it('knows Bedrock models, by themselves and behind inference profiles', async () => {
    const prices = await loadPrices(bedrock)

    expect(prices.priceOf('bedrock', 'us.anthropic.claude-sonnet-4-5-20250929-v1:0')?.price).toMatchObject({
      inputPerMillionUsd: 3.3,
      outputPerMillionUsd: 16.5,
      cacheReadPerMillionUsd: 0.33,
      cacheWritePerMillionUsd: 4.125,
    })
    expect(prices.priceOf('bedrock', 'global.anthropic.claude-opus-4-5-20251101-v1:0')?.price).toMatchObject({
      inputPerMillionUsd: 5,
      outputPerMillionUsd: 25,
    })
    expect(prices.priceOf('bedrock', 'somebody.new-model-v1:0')).toBeUndefined()
  })

  it('fills the gaps of the library, and corrects it, from the overlay', async () => {
    const prices = await loadPrices(bedrock)

    expect(prices.priceOf('bedrock', 'amazon.nova-2-lite-v1:0')?.price).toMatchObject({ outputPerMillionUsd: 2.75 })
    expect(prices.priceOf('bedrock', 'amazon.titan-embed-text-v2:0')?.price).toMatchObject({ inputPerMillionUsd: 0.02 })
    for (const entry of OVERLAY) expect(OverlayPrice.safeParse(entry).success).toBe(true)
  })

  it('costs what the library says for every Bedrock model, below and above tiers, with and without cache', async () => {
    const prices = await loadPrices(bedrock)
    const usages = [
      { inputTokens: 1_000, outputTokens: 300, cacheReadTokens: 0, cacheWriteTokens: 0 },
      { inputTokens: 271_000, outputTokens: 300, cacheReadTokens: 900, cacheWriteTokens: 99 },
      { inputTokens: 271_000, outputTokens: 300, cacheReadTokens: 900, cacheWriteTokens: 100 },
    ]
    const textModels = (findProvider({ providerId: 'aws' })?.models ?? []).filter((model) => {
      const found = calcPrice({ input_tokens: 0, output_tokens: 0 }, model.id, { providerId: 'aws', timestamp: now })
      return found?.model.id === model.id && found.model_price['output_mtok'] !== undefined
    })
    expect(textModels.length).toBeGreaterThan(50)

    for (const { id } of textModels) {
      for (const usage of usages) {
        const theirs = calcPrice(
          {
            input_tokens: usage.inputTokens + usage.cacheReadTokens + usage.cacheWriteTokens,
            cache_read_tokens: usage.cacheReadTokens,
            cache_write_tokens: usage.cacheWriteTokens,
            output_tokens: usage.outputTokens,
          },
          id,
          { providerId: 'aws', timestamp: now },
        )?.total_price
        expect(prices.priceOf('bedrock', id)?.costUsd(usage), id).toBeCloseTo(theirs ?? Number.NaN, 10)
      }
    }
  })

  it('knows the operator of an OpenAI-compatible server by its URL, and no price on this machine', async () => {
    const there = await loadPrices({ providers: ['openai'], endpoint: 'https://api.openai.com/v1', now })
    const here = await loadPrices({ providers: ['openai'], endpoint: 'http://localhost:11434/v1', now })

    expect(there.priceOf('openai', 'gpt-4o-mini')?.price).toMatchObject({ inputPerMillionUsd: 0.15 })
    expect(here.priceOf('openai', 'gpt-4o-mini')).toBeUndefined()
  })

  it('takes the user’s own prices first, from the day that they are valid', async () => {
    const later = { ...own, inputPerMillionUsd: 0.2, validFrom: '2026-12-01' }
    const path = file('own.json', { prices: [later, own] })
    const usage = { inputTokens: 1_000_000, outputTokens: 0, cacheReadTokens: 1_000_000, cacheWriteTokens: 0 }

    const today = await loadPrices({ providers: ['openai'], file: path, now })
    const nextMonth = await loadPrices({ providers: ['openai'], file: path, now: new Date('2026-12-24') })

    expect(today.priceOf('openai', 'qwen3:8b')?.costUsd(usage)).toBeCloseTo(0.2, 12)
    expect(nextMonth.priceOf('openai', 'qwen3:8b')?.costUsd(usage)).toBeCloseTo(0.4, 12)
    expect(today.version).toMatch(/\+own@[0-9a-f]{8}$/)
  })

  it('names the version of what it goes by', async () => {
    const { version } = JSON.parse(readFileSync('node_modules/@pydantic/genai-prices/package.json', 'utf8'))

    expect(LIBRARY_VERSION).toBe(version)
    expect((await loadPrices({ providers: ['offline'], now })).version).toContain(`genai-prices@${version}+overlay@`)
  })

  it('refuses a price file that is wrong, naming the fault', async () => {
    const missing = loadPrices({ providers: [], file: join(folder, 'none.json'), now })
    const wrong = file('wrong.json', { prices: [{ ...own, outputPerMillionUsd: -1 }] })

    await expect(missing).rejects.toMatchObject({
      name: 'InvalidRequest',
      next: expect.stringContaining('BATON_PRICES'),
    })
    await expect(loadPrices({ providers: [], file: wrong, now })).rejects.toThrow(/prices\.0\.outputPerMillionUsd/)
  })
})
