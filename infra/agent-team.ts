/**
 * `AgentTeam`: a team in an AWS account, all of it: a function for each agent, a state machine for each workflow, tables,
 * bucket, API, and what starts, ends and releases runs. Composes only. One team a stack: the stack's outputs are the team's.
 */
import { Annotations, Stack } from 'aws-cdk-lib'
import type { IRestApi } from 'aws-cdk-lib/aws-apigateway'
import type { ITable } from 'aws-cdk-lib/aws-dynamodb'
import type { Rule } from 'aws-cdk-lib/aws-events'
import type { Key } from 'aws-cdk-lib/aws-kms'
import { Construct } from 'constructs'
import type { Team } from '../src/define/team.ts'
import { InvalidDefinition } from '../src/errors.ts'
import { type ControlResources, grantIssues } from '../src/permissions/index.ts'
import { ArtifactStore } from './artifact-store.ts'
import { AuditSealer } from './audit-sealer.ts'
import { AuditTrail } from './audit-trail.ts'
import { CancelGrace } from './cancel-grace.ts'
import { ControlFunction } from './control-function.ts'
import { ControlFunctions } from './control-functions.ts'
import { RunApi, type RunApiProps } from './run-api.ts'
import { RunEndedRule } from './run-ended-rule.ts'
import { RunRecords } from './run-records.ts'
import { policyOf, type Stage } from './stage.ts'
import { type AgentSettings, TeamAgents } from './team-agents.ts'
import { teamBundle } from './team-bundle.ts'
import { createTeamKey } from './team-key.ts'
import { TeamObservability, type TeamObservabilityProps } from './team-observability.ts'
import { addOutputs, stateMachineOutput } from './team-outputs.ts'
import { teamPrices } from './team-prices.ts'
import { TeamRelease } from './team-release.ts'
import { boundsReport } from './team-report.ts'
import { dataResources, type TeamResources } from './team-resources.ts'
import { addStart, type EventStartProps, type ScheduledStartProps } from './team-starts.ts'
import { TeamWorkflows } from './team-workflows.ts'

export interface AgentTeamProps
  extends Pick<RunApiProps, 'rate' | 'quotaPerDay' | 'accountLogRole'>,
    Pick<TeamObservabilityProps, 'dashboard' | 'alarms' | 'alarmTopic'> {
  readonly team: Team
  /** The file whose default export is the team: it is bundled. */
  readonly teamFile: string
  /** `prod` keeps data, and encrypts it with a key of the team's own. @default 'dev' */
  readonly stage?: Stage
  /** Which model answers, as on the command line. @default 'bedrock' */
  readonly model?: string
  /** Folders for the agents' tools to read, by the name under which they find them. @default none */
  readonly folders?: Readonly<Record<string, string>>
  /** Whether prompts, answers, arguments and results go into the logs. @default false */
  readonly logContent?: boolean
  /** Where Bedrock answers. @default the region's endpoint */
  readonly bedrockEndpoint?: string
  /** By agent name. @default the defaults of AgentFunction */
  readonly agents?: Readonly<Record<string, AgentSettings>>
  /** Between a run's cancellation and the stop of its execution. @default 30 */
  readonly cancelGraceSeconds?: number
  /** What "today" is, for prices. @default now */
  readonly now?: Date
}

export class AgentTeam extends Construct {
  readonly team: Team
  readonly key: Key | undefined
  readonly records: RunRecords
  readonly trail: AuditTrail
  readonly artifacts: ArtifactStore
  readonly agents: TeamAgents
  readonly workflows: TeamWorkflows
  readonly control: ControlFunction
  readonly functions: ControlFunctions
  readonly sealer: AuditSealer
  readonly api: RunApi
  readonly observability: TeamObservability

  /**
   * @throws InvalidDefinition where the team is over its limits, asks for rights that no agent may have, or cannot be
   *   bundled; InvalidRequest for a file or folder that is not there.
   */
  constructor(scope: Construct, id: string, props: AgentTeamProps) {
    super(scope, id)
    const { team, stage = 'dev', model = 'bedrock', folders, bedrockEndpoint } = props
    const issues = grantIssues(team)
    if (issues.length > 0) throw new InvalidDefinition(`team ${JSON.stringify(team.name)}`, issues)
    const prices = teamPrices(team, model, props.now ?? new Date())
    this.team = team
    this.key = stage === 'prod' ? createTeamKey(this, team.name) : undefined
    this.records = new RunRecords(this, 'Records', { stage, key: this.key })
    this.trail = new AuditTrail(this, 'Trail', { team: team.name, stage, key: this.key })
    this.artifacts = new ArtifactStore(this, 'Artifacts', { stage, key: this.key })
    const resources: TeamResources = {
      team,
      stage,
      records: this.records,
      trail: this.trail,
      artifacts: this.artifacts,
      key: this.key,
      bundle: teamBundle({ teamFile: props.teamFile, prices, folders }),
      model,
      logContent: props.logContent ?? false,
    }
    const settingsOf: (agent: { readonly name: string }) => AgentSettings = ({ name }) => ({
      bedrockEndpoint,
      ...props.agents?.[name],
    })
    this.agents = new TeamAgents(this, 'Agents', { resources, settingsOf })
    this.control = new ControlFunction(this, 'Control', { resources })
    const { agents } = this.agents
    this.workflows = new TeamWorkflows(this, 'Workflows', { resources, agents, control: this.control.lambda.function })
    this.functions = this.createFunctions(resources, props.cancelGraceSeconds)
    this.sealer = new AuditSealer(this, 'Sealer', { resources })
    this.api = new RunApi(this, 'Api', {
      team: team.name,
      stage,
      handler: this.functions.api.function,
      control: this.control.lambda.function,
      key: this.key,
      rate: props.rate,
      quotaPerDay: props.quotaPerDay,
      accountLogRole: props.accountLogRole,
    })
    this.createEnds(stage)
    this.observability = this.createObservability(stage, props)
    this.tell()
    const [provider = ''] = model.split(':')
    for (const line of boundsReport(team, prices, provider)) Annotations.of(this).addInfo(line)
  }

  /** Starts a workflow by the clock. @throws InvalidRequest for a workflow that the team does not have. */
  schedule(id: string, props: ScheduledStartProps): Rule {
    return addStart(this, id, this.starter(), props)
  }

  /** Starts a workflow whenever an event of the default bus fits. @throws InvalidRequest as `schedule`. */
  onEvent(id: string, props: EventStartProps): Rule {
    return addStart(this, id, this.starter(), props)
  }

  private starter() {
    return { team: this.team, start: this.functions.start.function, failedEvents: this.functions.failedEvents }
  }

  private createFunctions(resources: TeamResources, graceSeconds: number | undefined): ControlFunctions {
    const workflows = [...this.workflows.workflows.values()]
    const control: ControlResources = {
      ...dataResources(this, resources),
      team: this.team.name,
      stateMachineArns: workflows.map(({ stateMachineArn }) => stateMachineArn),
      executionArns: workflows.map(({ executionArn }) => executionArn),
    }
    const { machine } = new CancelGrace(this, 'CancelGrace', {
      resources: control,
      logGroup: this.workflows.logGroup,
      ...(graceSeconds === undefined ? {} : { graceSeconds }),
    })
    return new ControlFunctions(this, 'Functions', { resources, control, cancelMachineArn: machine.stateMachineArn })
  }

  private createEnds(stage: Stage): void {
    const { workflows } = this.workflows
    const { runEnded, release, failedEvents } = this.functions
    const { rules } = new RunEndedRule(this, 'RunEnded', {
      executionPrefixes: [...workflows.values()].map(({ executionPrefix }) => executionPrefix),
      runEnded: runEnded.function,
      failedEvents,
    })
    const released = new TeamRelease(this, 'Release', {
      team: this.team,
      release: release.function,
      agents: this.agents.agents,
      control: this.control.version.functionArn,
      workflows,
      ...(policyOf(stage).keepsData
        ? {}
        : { bucketToEmpty: this.artifacts.bucket.bucketName, sealsToEmpty: this.trail.seals.bucket.bucketName }),
      after: [...rules, runEnded, release],
    })
    // Before the buckets are emptied nothing may be sealed any more.
    this.sealer.mapping.node.addDependency(released)
  }

  private createObservability(stage: Stage, props: AgentTeamProps): TeamObservability {
    const { dashboard, alarms, alarmTopic } = props
    const { api, start, runEnded, release, failedEvents } = this.functions
    const named = <T, V>(all: ReadonlyMap<string, T>, value: (one: T) => V) =>
      Object.fromEntries([...all].map(([name, one]) => [name, value(one)]))
    return new TeamObservability(this, 'Observability', {
      observed: {
        team: this.team.name,
        agents: named(this.agents.agents, ({ lambda }) => lambda),
        functions: {
          api,
          control: this.control.lambda,
          start,
          runEnded,
          release,
          seal: this.sealer.lambda,
          ...named(this.agents.tools, ({ lambda }) => lambda),
        },
        machines: named(this.workflows.workflows, ({ machine }) => machine),
        api: this.api.api as IRestApi,
        tables: { records: this.records.table as ITable, journal: this.trail.table as ITable },
        runEndedFailures: failedEvents,
        sealer: { function: this.sealer.lambda.function, failures: this.sealer.failures },
      },
      stage,
      dashboard,
      alarms,
      alarmTopic,
    })
  }

  private tell(): void {
    const machines = [...this.workflows.workflows].map(([name, { stateMachineArn }]) => [
      stateMachineOutput(name),
      stateMachineArn,
    ])
    addOutputs(this, {
      ApiUrl: this.api.api.url,
      Region: Stack.of(this).region,
      Team: this.team.name,
      RecordsTable: this.records.table.tableName,
      JournalTable: this.trail.table.tableName,
      ArtifactsBucket: this.artifacts.bucket.bucketName,
      SealsBucket: this.trail.seals.bucket.bucketName,
      SealKey: this.trail.seals.signingKey.keyArn,
      DashboardUrl: this.observability.dashboardUrl,
      ...Object.fromEntries(machines),
    })
  }
}
