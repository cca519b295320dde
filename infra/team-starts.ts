/** Runs that start by themselves: on a schedule or an event. The event's id is the idempotency key, so twice is once. */
import { Duration } from 'aws-cdk-lib'
import { EventField, type EventPattern, Rule, RuleTargetInput, type Schedule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import type { Construct } from 'constructs'
import type { Team } from '../src/define/team.ts'
import { InvalidRequest } from '../src/errors.ts'
import type { Json, JsonObject } from '../src/schema/json.ts'

export interface StartProps {
  /** Name of a workflow of the team. */
  readonly workflow: string
  /** May hold `EventField.fromPath('$.detail.…')` for what the event tells. */
  readonly input: Json
  /** @default none */
  readonly settings?: JsonObject
}

export interface ScheduledStartProps extends StartProps {
  readonly schedule: Schedule
}

export interface EventStartProps extends StartProps {
  readonly eventPattern: EventPattern
}

interface Starter {
  readonly team: Team
  readonly start: IFunction
  readonly failedEvents: IQueue
}

const DELIVERY_ATTEMPTS = 8
const DELIVERY_AGE = Duration.hours(2)

/** @throws InvalidRequest for a workflow that the team does not have. */
export function addStart(
  scope: Construct,
  id: string,
  { team, start, failedEvents }: Starter,
  { workflow, input, settings, ...when }: ScheduledStartProps | EventStartProps,
): Rule {
  if (!team.workflows.some(({ name }) => name === workflow)) {
    throw new InvalidRequest({
      message: `${id} starts workflow ${JSON.stringify(workflow)}, which team ${team.name} does not have`,
      next: `Name one of: ${team.workflows.map(({ name }) => name).join(', ')}`,
    })
  }
  const request = { workflow, input, ...(settings && { settings }), idempotencyKey: EventField.eventId }
  return new Rule(scope, id, {
    description: `Starts ${workflow} of team ${team.name}`,
    ...when,
    targets: [
      new LambdaFunction(start, {
        event: RuleTargetInput.fromObject(request),
        deadLetterQueue: failedEvents,
        retryAttempts: DELIVERY_ATTEMPTS,
        maxEventAge: DELIVERY_AGE,
      }),
    ],
  })
}
