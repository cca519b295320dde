/** Tells `run-ended` of every execution of the team's workflows that ends, however it ends. */
import { Duration } from 'aws-cdk-lib'
import { Match, Rule } from 'aws-cdk-lib/aws-events'
import { LambdaFunction } from 'aws-cdk-lib/aws-events-targets'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { IQueue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'

export interface RunEndedRuleProps {
  /** What the ARN of each workflow's executions begins with: `…:execution:<name>:`. */
  readonly executionPrefixes: readonly string[]
  readonly runEnded: IFunction
  readonly failedEvents: IQueue
}

/** A pattern may have 2,048 characters; a prefix takes up to 160 of them. */
const PREFIXES_A_RULE = 10
const ENDS = ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED']
const DELIVERY_ATTEMPTS = 8
const DELIVERY_AGE = Duration.hours(24)

export class RunEndedRule extends Construct {
  /** One, unless the team has many workflows. */
  readonly rules: readonly Rule[]

  constructor(scope: Construct, id: string, { executionPrefixes, runEnded, failedEvents }: RunEndedRuleProps) {
    super(scope, id)
    const groups = Array.from({ length: Math.ceil(executionPrefixes.length / PREFIXES_A_RULE) }, (_, index) =>
      executionPrefixes.slice(index * PREFIXES_A_RULE, (index + 1) * PREFIXES_A_RULE),
    )
    this.rules = groups.map((prefixes, index) =>
      this.createRule(`Rule${index || ''}`, prefixes, runEnded, failedEvents),
    )
  }

  private createRule(id: string, prefixes: readonly string[], runEnded: IFunction, failedEvents: IQueue): Rule {
    return new Rule(this, id, {
      description: "Ends of the team's executions",
      eventPattern: {
        source: ['aws.states'],
        detailType: ['Step Functions Execution Status Change'],
        detail: {
          status: ENDS,
          // By the execution, not the machine: an execution of a version names that version's machine.
          executionArn: prefixes.flatMap((prefix) => Match.prefix(prefix)),
        },
      },
      targets: [
        new LambdaFunction(runEnded, {
          deadLetterQueue: failedEvents,
          retryAttempts: DELIVERY_ATTEMPTS,
          maxEventAge: DELIVERY_AGE,
        }),
      ],
    })
  }
}
