/** Artifacts whose client is loaded when the first one is put or read: most steps need none, and every cold start pays. */
import type { Artifacts } from '../src/records/artifacts.ts'
import { opened } from './lambda.ts'

export function lazyArtifacts(open: () => Promise<Artifacts>): Artifacts {
  const artifacts = opened(open)
  return {
    put: async (runId, content) => (await artifacts()).put(runId, content),
    get: async (runId, reference) => (await artifacts()).get(runId, reference),
    getBytes: async (runId, reference) => (await artifacts()).getBytes(runId, reference),
  }
}
