/** A host in this process on a data folder that other processes may share, as the figures need it. */
import { newRunId } from '../../src/cli/run-id.ts'
import { systemClock } from '../../src/clock.ts'
import type { Team } from '../../src/define/team.ts'
import { type EmbeddedHost, openHost } from '../../src/engine/host.ts'
import { thisProcess } from '../../src/engine/host-owner.ts'
import { openStores, type Stores } from '../../src/engine/host-stores.ts'
import type { Model } from '../../src/models/model.ts'
import { createPrices } from '../../src/models/prices.ts'

export interface HostHere {
  readonly host: EmbeddedHost
  readonly stores: Stores
  close(): Promise<void>
}

export function hostHere(folder: string, team: Team, model: Model): HostHere {
  const stores = openStores({ folder, synchronous: 'NORMAL', clock: systemClock })
  const host = openHost({
    stores,
    team,
    model,
    priceOf: createPrices('none', () => undefined).priceOf,
    clock: systemClock,
    random: Math.random,
    newRunId,
    owner: thisProcess(),
  })
  return {
    host,
    stores,
    async close() {
      await host.release()
      stores.close()
    },
  }
}

/** Counts the calls that reach the model. */
export function counted(model: Model): { readonly model: Model; readonly calls: () => number } {
  let calls = 0
  const call: Model['call'] = (request, options) => {
    calls += 1
    return model.call(request, options)
  }
  return { model: { ...model, call }, calls: () => calls }
}
