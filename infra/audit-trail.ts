/** The journal's table: every row of every step, never updated, never deleted; told on by its stream, and sealed. */
import { StreamViewType, type Table } from 'aws-cdk-lib/aws-dynamodb'
import { Construct } from 'constructs'
import { createTable, type TableOfTeamProps } from './run-records.ts'
import { SealStore } from './seal-store.ts'

export interface AuditTrailProps extends TableOfTeamProps {
  readonly team: string
}

export class AuditTrail extends Construct {
  readonly table: Table
  readonly seals: SealStore

  constructor(scope: Construct, id: string, props: AuditTrailProps) {
    super(scope, id)
    this.table = createTable(this, props, { stream: StreamViewType.NEW_AND_OLD_IMAGES })
    this.seals = new SealStore(this, 'Seals', props)
  }
}
