/** The table of all that changes in place: run heads, releases, and whatever else a run shares. Evidence is AuditTrail's. */
import {
  AttributeType,
  BillingMode,
  ProjectionType,
  Table,
  TableEncryption,
  type TableProps,
} from 'aws-cdk-lib/aws-dynamodb'
import type { IKey } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import { INDEX_NAME } from '../src/permissions/index.ts'
import { policyOf, type Stage } from './stage.ts'

export interface TableOfTeamProps {
  readonly stage: Stage
  /** @default the key that AWS keeps for DynamoDB in the account */
  readonly key?: IKey | undefined
}

export class RunRecords extends Construct {
  readonly table: Table

  constructor(scope: Construct, id: string, props: TableOfTeamProps) {
    super(scope, id)
    // Working data may end by itself; evidence never does.
    this.table = createTable(this, props, { timeToLiveAttribute: 'expiresAt' })
  }
}

/** A table with the keys and the sparse index that src/records/dynamodb.ts reads. */
export function createTable(scope: Construct, { stage, key }: TableOfTeamProps, more: Partial<TableProps>): Table {
  const { removalPolicy, keepsData } = policyOf(stage)
  const table = new Table(scope, 'Table', {
    partitionKey: { name: 'pk', type: AttributeType.STRING },
    sortKey: { name: 'sk', type: AttributeType.STRING },
    billingMode: BillingMode.PAY_PER_REQUEST,
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    ...(key === undefined
      ? { encryption: TableEncryption.AWS_MANAGED }
      : { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key }),
    deletionProtection: keepsData,
    removalPolicy,
    ...more,
  })
  table.addGlobalSecondaryIndex({
    indexName: INDEX_NAME,
    partitionKey: { name: 'ipk', type: AttributeType.STRING },
    sortKey: { name: 'isk', type: AttributeType.STRING },
    projectionType: ProjectionType.ALL,
  })
  return table
}
