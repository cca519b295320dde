/** What `cdk synth` says of a team before anything runs: the worst case of each workflow, and what was waived. */
import type { Team } from '../src/define/team.ts'
import { type PriceList, pricesFromList } from '../src/models/prices.ts'
import { bounds, type WorkflowBounds } from '../src/workflow/bounds.ts'
import { waiverLine, waiversOf } from '../src/workflow/waivers.ts'

export function boundsReport(team: Team, prices: PriceList, provider: string): readonly string[] {
  const known = pricesFromList(prices)
  const all = bounds(team, (modelId) => {
    const price = known.priceOf(provider, modelId)?.price
    return price && { inputPerMillion: price.inputPerMillionUsd, outputPerMillion: price.outputPerMillionUsd }
  })
  return [...all.map(line), ...waiversOf(team).map((waiver) => `Agent ${waiverLine(waiver)}`)]
}

function line(worst: WorkflowBounds): string {
  const { workflow, steps, modelCalls, toolCalls, tokens, costUsd, seconds, transitions } = worst
  const cost = costUsd === null ? 'unknown (a model has no known price)' : `${costUsd.toFixed(2)} USD`
  const time = seconds === null ? 'known at run time only' : `${seconds} s`
  return (
    `Workflow ${workflow}, at worst: ${steps} steps, ${modelCalls} model calls, ${toolCalls} tool calls, ` +
    `${tokens} tokens, ${cost}, ${time}, ${transitions} state transitions`
  )
}
