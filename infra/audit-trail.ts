/** The journal's table: every row of every step, never updated, never deleted, and told on by its stream. */
import { StreamViewType, type Table } from 'aws-cdk-lib/aws-dynamodb'
import { Construct } from 'constructs'
import { createTable, type TableOfTeamProps } from './run-records.ts'

export class AuditTrail extends Construct {
  readonly table: Table

  constructor(scope: Construct, id: string, props: TableOfTeamProps) {
    super(scope, id)
    this.table = createTable(this, props, { stream: StreamViewType.NEW_AND_OLD_IMAGES })
  }
}
