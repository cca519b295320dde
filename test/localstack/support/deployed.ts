/** What setup.ts deployed, as the tests use it. */
import { SFNClient } from '@aws-sdk/client-sfn'
import { inject } from 'vitest'
import { openStores } from '../../../functions/stores.ts'
import { systemClock } from '../../../src/clock.ts'

export interface Stack {
  readonly name: string
  readonly outputs: Readonly<Record<string, string>>
  /** What `cdk deploy` wrote. */
  readonly outputsFile: string
  /** Without a slash at its end. */
  readonly apiUrl: string
}

export interface Deployed {
  readonly endpoint: string
  /** Goes away after the tests. */
  readonly folder: string
  readonly callsUrl: string
  /** Says what is to happen to which write of a run: see faulty-dynamodb.ts. */
  readonly faultsUrl: string
  /** What tools did: see effects.ts. */
  readonly effectsUrl: string
  readonly effectsFromFunctions: string
  readonly patternsModelUrl: string
  readonly patternsModelFromFunctions: string
  readonly researchModelUrl: string
  readonly documents: string
  readonly research: Stack
  readonly patterns: Stack
}

declare module 'vitest' {
  interface ProvidedContext {
    deployed: Deployed
  }
}

export const deployed = inject('deployed')

export const client = {
  endpoint: deployed.endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
}
export const stepFunctions = new SFNClient(client)

const opened = new Map<string, ReturnType<typeof openStores>>()

/** The records of a stack, as its functions see them. */
export function storesOf({ outputs }: Stack): ReturnType<typeof openStores> {
  const { RecordsTable = '', JournalTable = '', ArtifactsBucket = '' } = outputs
  const tables = { BATON_RECORDS_TABLE: RecordsTable, BATON_JOURNAL_TABLE: JournalTable }
  const stores =
    opened.get(RecordsTable) ?? openStores({ ...tables, BATON_ARTIFACTS_BUCKET: ArtifactsBucket }, systemClock, client)
  opened.set(RecordsTable, stores)
  return stores
}
