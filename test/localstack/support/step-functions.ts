/** Step Functions as the tests use it: start, wait for the end, read the whole history. */
import {
  DescribeExecutionCommand,
  type DescribeExecutionCommandOutput,
  GetExecutionHistoryCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn'
import type { RawEvent } from '../normalize-history.ts'
import { until } from './until.ts'

export async function ended(
  client: SFNClient,
  executionArn: string,
  timeoutMs = 280_000,
): Promise<DescribeExecutionCommandOutput> {
  return until(`the end of ${executionArn}`, timeoutMs, async () => {
    const described = await client.send(new DescribeExecutionCommand({ executionArn }))
    return described.status === 'RUNNING' ? undefined : described
  })
}

export async function historyOf(client: SFNClient, executionArn: string): Promise<RawEvent[]> {
  const events: RawEvent[] = []
  let nextToken: string | undefined
  do {
    const page = await client.send(
      new GetExecutionHistoryCommand({ executionArn, includeExecutionData: true, maxResults: 1_000, nextToken }),
    )
    events.push(...((page.events ?? []) as RawEvent[]))
    nextToken = page.nextToken
  } while (nextToken !== undefined)
  return events
}
