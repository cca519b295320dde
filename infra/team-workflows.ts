/** The state machines of a team's workflows, children first, with one log for all. */
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { LogGroup } from 'aws-cdk-lib/aws-logs'
import { Construct } from 'constructs'
import type { Workflow } from '../src/define/workflow.ts'
import { walk } from '../src/define/workflow-nodes.ts'
import { compile } from '../src/workflow/compile.ts'
import type { AgentFunction } from './agent-function.ts'
import { policyOf } from './stage.ts'
import type { TeamResources } from './team-resources.ts'
import { WorkflowStateMachine } from './workflow-state-machine.ts'

export interface TeamWorkflowsProps {
  readonly resources: TeamResources
  readonly agents: ReadonlyMap<string, AgentFunction>
  /** Asks people, where a workflow does. */
  readonly control: IFunction
}

export class TeamWorkflows extends Construct {
  /** By name. */
  readonly workflows: ReadonlyMap<string, WorkflowStateMachine>
  readonly logGroup: LogGroup

  /** @throws InvalidDefinition where the team is over its limits or over those of Step Functions. */
  constructor(scope: Construct, id: string, { resources, agents, control }: TeamWorkflowsProps) {
    super(scope, id)
    const { team, stage, key, logContent } = resources
    const { removalPolicy, logRetention } = policyOf(stage)
    // One for all: each log group that Step Functions writes to takes room in a policy that an account has once.
    this.logGroup = new LogGroup(this, 'Log', {
      retention: logRetention,
      removalPolicy,
      ...(key === undefined ? {} : { encryptionKey: key }),
    })
    const compiled = compile(team)
    const made = new Map<string, WorkflowStateMachine>()
    for (const workflow of childrenFirst(team.workflows)) {
      const definition = compiled.get(workflow.name)
      if (definition === undefined) continue
      const machine = new WorkflowStateMachine(this, `Workflow-${workflow.name}`, {
        workflow,
        compiled: definition,
        agents,
        control,
        children: made,
        logGroup: this.logGroup,
        logContent,
      })
      made.set(workflow.name, machine)
    }
    this.workflows = made
  }
}

/** No workflow holds itself: nodes hold the workflow that they start. */
function childrenFirst(workflows: readonly Workflow[]): readonly Workflow[] {
  const ordered = new Map<string, Workflow>()
  const visit = (workflow: Workflow): void => {
    if (ordered.has(workflow.name)) return
    for (const node of walk(workflow.root)) if (node.kind === 'workflow') visit(node.workflow)
    ordered.set(workflow.name, workflow)
  }
  for (const workflow of workflows) visit(workflow)
  return [...ordered.values()]
}
