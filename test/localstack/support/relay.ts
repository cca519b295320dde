/** A team whose run waits between two steps, in as many versions as a test wants. */
import { defineAgent, defineTeam, defineWorkflow, sequence, step, type Team, wait } from 'baton'
import * as z from 'zod'

export function relayTeam({ version, last }: { readonly version: string; readonly last: string }): Team {
  const runner = defineAgent({
    ...{ name: 'worker', version, role: 'Runner', goal: 'Runs.', instructions: `Run ${version}.` },
    model: { id: 'any.model-v1:0' },
    input: z.looseObject({ item: z.string() }),
    output: z.object({ text: z.string(), score: z.number() }),
  })
  const relay = defineWorkflow({
    ...{ name: 'relay', version },
    input: z.object({ word: z.string(), untilIso: z.string() }),
    output: z.unknown(),
    steps: ({ run }) =>
      sequence(
        step('first', runner, { input: { item: run.input.word } }),
        wait('pause', { until: run.input.untilIso }),
        step(last, runner, { input: { item: run.input.word } }),
      ),
  })
  return defineTeam({ name: 'relay', agents: [runner], workflows: [relay] })
}
