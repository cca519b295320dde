/** The prices that a team's functions are given: those of its own models, as they are known when it is deployed. */
import type { Team } from '../src/define/team.ts'
import { LIBRARY_VERSION } from '../src/models/load-prices.ts'
import { findInLibrary } from '../src/models/price-library.ts'
import { createPrices, type PriceList, priceListOf } from '../src/models/prices.ts'
import { findInOverlay, OVERLAY, OVERLAY_VERSION } from '../src/models/prices-overlay.ts'
import { modelIds } from '../src/permissions/records-statements.ts'

/** @param setting As on the command line, e.g. `bedrock`. Only Bedrock's prices are known by name alone. */
export function teamPrices(team: Team, setting: string, now: Date): PriceList {
  const prices = createPrices(
    `genai-prices@${LIBRARY_VERSION}+overlay@${OVERLAY_VERSION}`,
    (provider, modelId) => findInOverlay(OVERLAY, provider, modelId, now) ?? findInLibrary(provider, modelId, now),
  )
  const [provider = ''] = setting.split(':')
  const ids = new Set(team.agents.flatMap(modelIds))
  return priceListOf(
    prices,
    [...ids].sort().map((modelId) => ({ provider, modelId })),
  )
}
