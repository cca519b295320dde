/**
 * A workflow as a Standard state machine, from the compiled definition as it is. Publishes no version: a release does,
 * once all of a deployment is there (infra/team-release.ts).
 */
import { ArnFormat, Stack } from 'aws-cdk-lib'
import { Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { ILogGroup } from 'aws-cdk-lib/aws-logs'
import { DefinitionBody, LogLevel, StateMachine, StateMachineType } from 'aws-cdk-lib/aws-stepfunctions'
import { Construct, type IDependable } from 'constructs'
import type { Workflow } from '../src/define/workflow.ts'
import type { WorkflowNode } from '../src/define/workflow-node.ts'
import { walk } from '../src/define/workflow-nodes.ts'
import { distributedMapStatements, type Machine, type Statement, workflowStatements } from '../src/permissions/index.ts'
import type { CompiledWorkflow } from '../src/workflow/compile.ts'
import type { AgentFunction } from './agent-function.ts'

export interface WorkflowStateMachineProps {
  readonly workflow: Workflow
  readonly compiled: CompiledWorkflow
  /** By agent name: at least those that a step names. */
  readonly agents: ReadonlyMap<string, AgentFunction>
  readonly control: IFunction
  /** By workflow name: at least those that it starts. */
  readonly children: ReadonlyMap<string, WorkflowStateMachine>
  readonly logGroup: ILogGroup
  /** Whether inputs and outputs go into the log. @default false */
  readonly logContent?: boolean
}

/** Step Functions' own rule, by which it learns that a child execution has ended. */
const EXECUTIONS_RULE = 'StepFunctionsGetEventsForStepFunctionsExecutionRule'

export class WorkflowStateMachine extends Construct implements Machine {
  readonly workflow: Workflow
  readonly machine: StateMachine
  readonly role: Role
  readonly sha256: string
  readonly stateMachineArn: string
  readonly executionArn: string
  /** The same, up to the execution's name. */
  readonly executionPrefix: string
  /** What must be there before an execution may begin. */
  readonly ready: readonly IDependable[]

  constructor(scope: Construct, id: string, props: WorkflowStateMachineProps) {
    super(scope, id)
    const { workflow, compiled } = props
    this.workflow = workflow
    this.sha256 = compiled.sha256
    this.role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('states.amazonaws.com'),
      description: `Workflow ${workflow.name}: its agents and its child workflows`,
    })
    this.allow(workflowStatements(this.neighbours(props)))
    this.machine = new StateMachine(this, 'Machine', {
      stateMachineType: StateMachineType.STANDARD,
      definitionBody: DefinitionBody.fromString(JSON.stringify(compiled.definition)),
      role: this.role,
      comment: `${workflow.name} ${workflow.version}`,
      tracingEnabled: true,
      logs: { destination: props.logGroup, level: LogLevel.ALL, includeExecutionData: props.logContent ?? false },
    })
    this.stateMachineArn = this.machine.stateMachineArn
    this.executionPrefix = executionPrefix(this, this.machine.stateMachineName)
    this.executionArn = `${this.executionPrefix}*`
    // A policy of its own: the role's must be there before the machine whose ARN this one names.
    const items = isDistributed(compiled) ? [this.allowItems()] : []
    this.ready = [this.machine, ...items]
  }

  private neighbours({ workflow, compiled, agents, control, children }: WorkflowStateMachineProps) {
    const nodes = [...walk(workflow.root)]
    const agentNames = new Set([
      ...nodes.flatMap((node) => (node.kind === 'step' ? [node.agent.name as string] : [])),
      ...nodes.flatMap((node) => (node.kind === 'compensate' ? agentsBelow(node.body) : [])),
    ])
    const childNames = new Set(
      nodes.flatMap((node) => (node.kind === 'workflow' ? [node.workflow.name as string] : [])),
    )
    return {
      agentFunctionArns: [...agentNames].flatMap((name) => agents.get(name)?.lambda.function.functionArn ?? []),
      ...(asksControl(compiled) ? { controlFunctionArn: control.functionArn } : {}),
      children: [...childNames].flatMap((name) => children.get(name) ?? []),
      executionsRuleArn: Stack.of(this).formatArn({
        service: 'events',
        resource: 'rule',
        resourceName: EXECUTIONS_RULE,
      }),
    }
  }

  private allow(statements: readonly Statement[]): void {
    for (const statement of statements) this.role.addToPolicy(PolicyStatement.fromJson(statement))
  }

  private allowItems(): Policy {
    const statements = distributedMapStatements(this).map((one) => PolicyStatement.fromJson(one))
    return new Policy(this, 'Items', { roles: [this.role], statements })
  }
}

/** Of every execution of a machine, whichever version it runs. */
function executionPrefix(scope: Construct, machineName: string): string {
  return Stack.of(scope).formatArn({
    service: 'states',
    resource: 'execution',
    resourceName: `${machineName}:`,
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  })
}

/** Whose effects may have to be taken back: those of child workflows too. */
function agentsBelow(root: WorkflowNode): readonly string[] {
  return [...walk(root)].flatMap((node) => {
    if (node.kind === 'workflow') return agentsBelow(node.workflow.root)
    return node.kind === 'step' ? [node.agent.name] : []
  })
}

/** Whether a state invokes the control function, as the run's lockfile names it. */
function asksControl({ definition }: CompiledWorkflow): boolean {
  return JSON.stringify(definition).includes('.lock.control.functionName')
}

function isDistributed({ definition }: CompiledWorkflow): boolean {
  return JSON.stringify(definition).includes('"Mode":"DISTRIBUTED"')
}
