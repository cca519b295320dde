/** The functions around the agents, each with exactly its rights: the API, starts, the end of runs, releases. */
import { Duration } from 'aws-cdk-lib'
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import {
  apiStatements,
  type ControlResources,
  emptyBucketStatements,
  emptySealsStatements,
  readSealStatements,
  releaseStatements,
  runEndedStatements,
  startStatements,
} from '../src/permissions/index.ts'
import { NodeFunction } from './node-function.ts'
import { policyOf } from './stage.ts'
import { dataEnvironment, sealEnvironment, sealResources, type TeamResources } from './team-resources.ts'

export interface ControlFunctionsProps {
  readonly resources: TeamResources
  readonly control: ControlResources
  /** Of the machine that stops cancelled runs. */
  readonly cancelMachineArn: string
}

/** API Gateway gives up after 29 s: the function does so first. */
export const API_SECONDS = 28
const START_SECONDS = 60
/** The end of a run reads the end of every chain: thousands, for a large one. */
const RUN_ENDED_SECONDS = 600
const RELEASE_SECONDS = 300
const MEMORY_MIB = 512
const RUN_ENDED_MEMORY_MIB = 1_024
const FAILED_EVENTS_KEPT = Duration.days(14)

export class ControlFunctions extends Construct {
  readonly api: NodeFunction
  readonly start: NodeFunction
  readonly runEnded: NodeFunction
  readonly release: NodeFunction
  /** Where the events lie that `start` or `runEnded` could not take. */
  readonly failedEvents: Queue

  constructor(scope: Construct, id: string, { resources, control, cancelMachineArn }: ControlFunctionsProps) {
    super(scope, id)
    const { team, stage, key, bundle } = resources
    const { keepsData } = policyOf(stage)
    const seals = sealResources(resources)
    this.failedEvents = new Queue(this, 'FailedEvents', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: FAILED_EVENTS_KEPT,
    })
    const all = { bundle: bundle.control, stage, key }
    const data = { ...dataEnvironment(resources), BATON_LOG_CONTENT: String(resources.logContent) }
    this.api = new NodeFunction(this, 'Api', {
      ...all,
      description: `API of team ${team.name}`,
      handler: 'api',
      timeoutSeconds: API_SECONDS,
      memoryMiB: MEMORY_MIB,
      statements: [...apiStatements(control, cancelMachineArn), ...readSealStatements(seals)],
      environment: {
        ...{ ...data, ...sealEnvironment(resources) },
        ...{ BATON_MODEL: resources.model, BATON_CANCEL_MACHINE_ARN: cancelMachineArn },
      },
    })
    this.start = new NodeFunction(this, 'Start', {
      ...all,
      description: `Starts runs of team ${team.name} on a schedule or an event`,
      handler: 'start',
      timeoutSeconds: START_SECONDS,
      memoryMiB: MEMORY_MIB,
      asynchronous: { retries: 2, failures: this.failedEvents },
      statements: startStatements(control),
      environment: { ...data, BATON_MODEL: resources.model },
    })
    this.runEnded = new NodeFunction(this, 'RunEnded', {
      ...all,
      description: `Writes down the end of runs of team ${team.name}`,
      handler: 'runEnded',
      timeoutSeconds: RUN_ENDED_SECONDS,
      memoryMiB: RUN_ENDED_MEMORY_MIB,
      asynchronous: { retries: 2, failures: this.failedEvents },
      statements: runEndedStatements(control),
      environment: data,
    })
    this.release = new NodeFunction(this, 'Release', {
      ...all,
      description: `Publishes what was deployed of team ${team.name}`,
      handler: 'release',
      timeoutSeconds: RELEASE_SECONDS,
      memoryMiB: MEMORY_MIB,
      // By CloudFormation, which is told of a failure by the function itself.
      asynchronous: { retries: 0 },
      statements: [
        ...releaseStatements(control),
        ...(keepsData ? [] : [...emptyBucketStatements(control), ...emptySealsStatements(seals)]),
      ],
      environment: data,
    })
  }
}
