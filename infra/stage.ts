/** What differs between a stage to try things in and one that keeps data. */
import { RemovalPolicy } from 'aws-cdk-lib'
import { RetentionDays } from 'aws-cdk-lib/aws-logs'
import { InvalidRequest } from '../src/errors.ts'

export const STAGES = ['dev', 'prod'] as const
export type Stage = (typeof STAGES)[number]

export interface StagePolicy {
  /** Of what holds data. */
  readonly removalPolicy: RemovalPolicy
  readonly keepsData: boolean
  readonly logRetention: RetentionDays
}

export function policyOf(stage: Stage): StagePolicy {
  return stage === 'prod'
    ? { removalPolicy: RemovalPolicy.RETAIN, keepsData: true, logRetention: RetentionDays.ONE_YEAR }
    : { removalPolicy: RemovalPolicy.DESTROY, keepsData: false, logRetention: RetentionDays.ONE_WEEK }
}

/** @throws InvalidRequest naming the stages there are. */
export function parseStage(text: unknown): Stage {
  const stage = STAGES.find((known) => known === text)
  if (stage !== undefined) return stage
  throw new InvalidRequest({
    message: `there is no stage ${JSON.stringify(text)}`,
    next: `Give one of: ${STAGES.join(', ')}, e.g. -c stage=dev`,
  })
}
