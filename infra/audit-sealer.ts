/** What seals the journal: a function that its stream feeds, and where what it could not seal lies. */
import { Duration } from 'aws-cdk-lib'
import { EventSourceMapping, StartingPosition } from 'aws-cdk-lib/aws-lambda'
import { SqsDlq } from 'aws-cdk-lib/aws-lambda-event-sources'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import { keyStatements, sealStatements } from '../src/permissions/index.ts'
import { NodeFunction } from './node-function.ts'
import { dataResources, sealEnvironment, sealResources, type TeamResources } from './team-resources.ts'

export interface AuditSealerProps {
  readonly resources: TeamResources
}

const TIMEOUT_SECONDS = 120
const MEMORY_MIB = 512
/** How long rows wait for others, so that a run is sealed once rather than with each row. */
const WINDOW = Duration.seconds(60)
/** A batch has 6 MB at most, whatever is in it. */
const BATCH_ROWS = 1_000
/** After which a batch is halved until the one that cannot be sealed lies alone; the stream itself forgets after a day. */
const ATTEMPTS = 8
const FAILURES_KEPT = Duration.days(14)

export class AuditSealer extends Construct {
  readonly lambda: NodeFunction
  readonly mapping: EventSourceMapping
  /** Which changes could not be sealed: where they stand in the stream. */
  readonly failures: Queue

  constructor(scope: Construct, id: string, { resources }: AuditSealerProps) {
    super(scope, id)
    const { team, stage, key, bundle, trail } = resources
    this.failures = new Queue(this, 'Failures', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: FAILURES_KEPT,
    })
    const data = dataResources(this, resources)
    const streamArn = trail.table.tableStreamArn ?? ''
    this.lambda = new NodeFunction(this, 'Seal', {
      description: `Seals the journal of team ${team.name}`,
      bundle: bundle.control,
      handler: 'seal',
      timeoutSeconds: TIMEOUT_SECONDS,
      memoryMiB: MEMORY_MIB,
      stage,
      key,
      statements: [...sealStatements({ ...data, ...sealResources(resources), streamArn }), ...keyStatements(data)],
      environment: { BATON_JOURNAL_TABLE: trail.table.tableName, ...sealEnvironment(resources) },
    })
    trail.seals.signedBy(this.lambda.role)
    this.mapping = new EventSourceMapping(this, 'Stream', {
      target: this.lambda.function,
      eventSourceArn: streamArn,
      // What was written while there was no sealer is sealed, too.
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: BATCH_ROWS,
      maxBatchingWindow: WINDOW,
      bisectBatchOnError: true,
      retryAttempts: ATTEMPTS,
      onFailure: new SqsDlq(this.failures),
    })
  }
}
