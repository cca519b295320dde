/** Prices that the price library lacks or has wrong, and those of a user's own file: same form, the user's first. */
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { parseDefinition } from '../define/definition.ts'
import { InvalidRequest } from '../errors.ts'
import { type ModelPrice, Rates } from './prices.ts'

/** US dollars per million tokens, and how that is known. Later `validFrom` dates replace earlier ones. */
export const OverlayPrice = z.strictObject({
  /** `bedrock`, `openai`, or a provider of one's own. */
  provider: z.string().min(1),
  /** Exactly as agents name it, prefix included. */
  modelId: z.string().min(1),
  ...Rates.shape,
  /** @default the input price */
  cacheReadPerMillionUsd: Rates.shape.cacheReadPerMillionUsd.optional(),
  /** @default the input price */
  cacheWritePerMillionUsd: Rates.shape.cacheWritePerMillionUsd.optional(),
  validFrom: z.iso.date(),
  source: z.string().min(1),
  checkedOn: z.iso.date(),
})
export type OverlayPrice = z.infer<typeof OverlayPrice>

const OverlayFile = z.strictObject({ prices: z.array(OverlayPrice) })

export const OVERLAY_VERSION = '2026-11-22'

export const OVERLAY: readonly OverlayPrice[] = [
  {
    provider: 'bedrock',
    modelId: 'amazon.nova-2-lite-v1:0',
    inputPerMillionUsd: 0.33,
    outputPerMillionUsd: 2.75,
    cacheReadPerMillionUsd: 0.0825,
    validFrom: '2025-12-02',
    source: 'genai-prices 0.1.8, which has this regional price only under us., eu. and jp.',
    checkedOn: '2026-11-22',
  },
  {
    provider: 'bedrock',
    modelId: 'amazon.titan-embed-text-v2:0',
    inputPerMillionUsd: 0.02,
    outputPerMillionUsd: 0,
    validFrom: '2024-04-30',
    source: 'litellm model_prices_and_context_window.json; genai-prices 0.1.8 takes it for v1 at 0.10',
    checkedOn: '2026-11-22',
  },
]

/** @throws InvalidRequest where the file cannot be read or is no JSON; InvalidDefinition naming each fault in it. */
export function readOverlay(path: string): readonly OverlayPrice[] {
  let value: unknown
  try {
    value = JSON.parse(readFileSync(path, 'utf8'))
  } catch (error) {
    throw new InvalidRequest({
      message: `the price file ${path} could not be read: ${(error as Error).message}`,
      next: 'Name a JSON file of the form { "prices": [{ "provider": "openai", "modelId": "…", … }] }, or unset BATON_PRICES.',
      cause: error,
    })
  }
  return parseDefinition(`price file ${path}`, OverlayFile, value, {}).prices
}

/** The newest price of that model that is valid on the day. */
export function findInOverlay(
  overlay: readonly OverlayPrice[],
  provider: string,
  modelId: string,
  now: Date,
): ModelPrice | undefined {
  const today = now.toISOString().slice(0, 10)
  const [newest] = overlay
    .filter((entry) => entry.provider === provider && entry.modelId === modelId && entry.validFrom <= today)
    .sort((a, b) => (a.validFrom < b.validFrom ? 1 : -1))
  if (newest === undefined) return undefined
  const { inputPerMillionUsd, outputPerMillionUsd, source, checkedOn, validFrom } = newest
  return {
    inputPerMillionUsd,
    outputPerMillionUsd,
    cacheReadPerMillionUsd: newest.cacheReadPerMillionUsd ?? inputPerMillionUsd,
    cacheWritePerMillionUsd: newest.cacheWritePerMillionUsd ?? inputPerMillionUsd,
    source: `${source} (valid from ${validFrom}, checked on ${checkedOn})`,
  }
}
