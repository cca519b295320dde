/** What a deployment tells: `cdk deploy --outputs-file` writes it, and the CLI reads it. The names are a contract. */
import { CfnOutput, Stack } from 'aws-cdk-lib'
import { Construct } from 'constructs'
import { InvalidRequest } from '../src/errors.ts'

const GROUP = 'BatonOutputs'

/** @throws InvalidRequest where the stack has a team already. */
export function addOutputs(scope: Construct, values: Readonly<Record<string, string>>): void {
  const stack = Stack.of(scope)
  if (stack.node.tryFindChild(GROUP) !== undefined) {
    throw new InvalidRequest({
      message: `the stack ${stack.stackName} holds a team already, whose outputs have the same names`,
      next: 'Give each AgentTeam a stack of its own.',
    })
  }
  const group = new Construct(stack, GROUP)
  for (const [name, value] of Object.entries(values)) new CfnOutput(group, name, { value }).overrideLogicalId(name)
}

/** Output names take letters and digits: `StateMachine` and the workflow's name in Pascal case. */
export function stateMachineOutput(workflow: string): string {
  const words = workflow.split(/[^A-Za-z0-9]+/).filter((word) => word !== '')
  return `StateMachine${words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('')}`
}
