import { App, Stack } from 'aws-cdk-lib'
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { describe, expect, it } from 'vitest'
import { RunEndedRule } from '../../infra/run-ended-rule.ts'
import { ofType, type Properties, readResources } from './stacks.ts'

/** As long as a state machine's name lets it be. */
const prefixOf = (index: number) =>
  `arn:aws:states:ap-southeast-1:111122223333:execution:${String(index).padStart(80, 'x')}:`
/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-quota.html */
const PATTERN_CHARACTERS = 2_048

describe('the rule for ends of executions', () => {
  it.each([1, 10, 11, 25])('hears of each of %i workflows once, within what a pattern may hold', (count) => {
    const prefixes = Array.from({ length: count }, (_, index) => prefixOf(index))
    const stack = new Stack(new App(), 'Stack')
    const code = Code.fromInline('exports.handler = async () => undefined')
    const runEnded = new LambdaFunction(stack, 'RunEnded', {
      runtime: Runtime.NODEJS_24_X,
      handler: 'index.handler',
      code,
    })

    new RunEndedRule(stack, 'Ends', {
      executionPrefixes: prefixes,
      runEnded,
      failedEvents: new Queue(stack, 'Failed'),
    })

    const rules = ofType(readResources(stack), 'AWS::Events::Rule')
    const patterns = rules.map(({ Properties }) => Properties['EventPattern'] as Properties)
    const heard = patterns.flatMap(({ detail }) => (detail as Properties)['executionArn'] as readonly Properties[])
    expect(heard.map(({ prefix }) => prefix)).toEqual(prefixes)
    for (const pattern of patterns) expect(JSON.stringify(pattern).length).toBeLessThanOrEqual(PATTERN_CHARACTERS)
    for (const { Properties } of rules) {
      expect(Properties['Targets']).toEqual([expect.objectContaining({ DeadLetterConfig: expect.anything() })])
    }
  })
})
