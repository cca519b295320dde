/** Puts the prices together: the user's file, then the overlay, then the library, which is loaded only where needed. */
import { contentHash } from '../define/definition.ts'
import { createPrices, isFree, type Prices } from './prices.ts'
import { findInOverlay, OVERLAY, OVERLAY_VERSION, readOverlay } from './prices-overlay.ts'

/** The version that package.json pins; a test compares them. */
export const LIBRARY_VERSION = '0.1.8'

interface PriceSources {
  /** Of the models that may be asked for. All of them free: no price data is loaded. */
  readonly providers: readonly string[]
  /** URL of the OpenAI-compatible server, where there is one. */
  readonly endpoint?: string | undefined
  /** A file of the user's own prices (BATON_PRICES). */
  readonly file?: string | undefined
  readonly now: Date
}

/** @throws InvalidRequest, InvalidDefinition where the user's file cannot be read or is wrong. */
export async function loadPrices({ providers, endpoint, file, now }: PriceSources): Promise<Prices> {
  const own = file === undefined ? [] : readOverlay(file)
  const library = providers.every(isFree) ? undefined : await import('./price-library.ts')
  const base = `genai-prices@${LIBRARY_VERSION}+overlay@${OVERLAY_VERSION}`
  const version = own.length === 0 ? base : `${base}+own@${contentHash(own).slice(0, 8)}`
  return createPrices(
    version,
    (provider, modelId) =>
      findInOverlay(own, provider, modelId, now) ??
      findInOverlay(OVERLAY, provider, modelId, now) ??
      library?.findInLibrary(provider, modelId, now, endpoint),
  )
}
