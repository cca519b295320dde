/** The ports that steps are given on this host: each call passes the gate as the AWS request that it would be. */
import { createHash } from 'node:crypto'
import type { StepDependencies } from '../agent/ports.ts'
import type { ReadBrake } from '../brake/brake.ts'
import { BRAKE_PARTITION } from '../brake/open-brakes.ts'
import type { Clock } from '../clock.ts'
import type { Agent } from '../define/agent.ts'
import type { Team } from '../define/team.ts'
import type { Tool } from '../define/tool.ts'
import { assertNever, ModelAccessDenied, PermissionDenied } from '../errors.ts'
import type { Model } from '../models/model.ts'
import {
  type AgentResources,
  indexArn,
  laptopResources,
  laptopVersion,
  modelRequests,
  someSecretArn,
} from '../permissions/index.ts'
import type { Artifacts } from '../records/artifacts.ts'
import { indexTableOf, tableOf } from '../records/dynamodb-tables.ts'
import { openJournal } from '../records/journal.ts'
import { keyOf } from '../records/limits.ts'
import type { Records, Write } from '../records/records.ts'
import { openRuns, type Runs } from '../records/runs.ts'
import { openStepGate, type StepGate } from './host-gate.ts'
import type { Stores } from './host-stores.ts'

export interface GatedPorts
  extends Pick<StepDependencies, 'journal' | 'artifacts' | 'model' | 'agents' | 'readSecret'> {
  readonly gate: StepGate
  readonly records: Records
  readonly runs: Runs
  readonly takeDenials: StepGate['takeDenials']
  /** @param read Of the host: what it has set itself holds at once. */
  readonly brakeBehind: (read: ReadBrake) => ReadBrake
}

interface GatedPortsOptions {
  readonly stores: Pick<Stores, 'records' | 'artifacts'>
  readonly team: Team
  readonly model: Model
  readonly clock: Clock
  readonly readSecret?: ReadSecret | undefined
}

/** All that steps reach of this host. Outside of `gate.within` it gives nothing. */
export function gatedPorts({ stores, team, model, clock, readSecret }: GatedPortsOptions): GatedPorts {
  const gate = openStepGate(team, model)
  const resources = laptopResources(team, model)
  const records = gatedRecords(stores.records, gate, resources)
  const artifacts = gatedArtifacts(stores.artifacts, gate, resources)
  const journal = openJournal({ records, artifacts, clock })
  const agents = new Map(team.agents.map((agent) => [agent.name, gatedAgent(agent, gate, resources)]))
  return {
    ...{ gate, records, artifacts, journal, takeDenials: gate.takeDenials },
    runs: openRuns({ records, journal, artifacts }),
    model: gatedModel(model, gate, resources),
    agents: (name) => agents.get(name),
    readSecret: readSecret && gatedSecrets(readSecret, gate, resources),
    brakeBehind: (read) => async (place) => {
      gate.check('dynamodb:Query', resources.recordsTableArn, { [LEADING_KEYS]: [BRAKE_PARTITION] })
      return read(place)
    },
  }
}

type Check = Pick<StepGate, 'check'>
type ReadSecret = (name: string) => Promise<string>

const LEADING_KEYS = 'dynamodb:LeadingKeys'

export function gatedRecords(records: Records, gate: Check, resources: AgentResources): Records {
  const tables = { records: resources.recordsTableArn, journal: resources.journalTableArn }
  const query = (resource: string, partition: string) =>
    gate.check('dynamodb:Query', resource, { [LEADING_KEYS]: [partition] })

  /** All keys of a table stand in one request: IAM sees no single write of a transaction. */
  function checkWrites(writes: readonly Write[]): void {
    for (const table of new Set(writes.map((write) => tableOf(tables, keyOf(write).partition)))) {
      const own = writes.filter((write) => tableOf(tables, keyOf(write).partition) === table)
      const keys = [...new Set(own.map((write) => keyOf(write).partition))]
      for (const action of new Set(own.map(actionOf))) gate.check(action, table, { [LEADING_KEYS]: keys })
    }
  }

  return {
    async get(key) {
      gate.check('dynamodb:GetItem', tableOf(tables, key.partition), { [LEADING_KEYS]: [key.partition] })
      return records.get(key)
    },
    async query(partition, options) {
      query(tableOf(tables, partition), partition)
      return records.query(partition, options)
    },
    async queryIndex(partition, options) {
      query(indexArn(indexTableOf(tables, partition)), partition)
      return records.queryIndex(partition, options)
    },
    async write(write) {
      checkWrites([write])
      return records.write(write)
    },
    async transact(writes) {
      checkWrites(writes)
      return records.transact(writes)
    },
  }
}

function actionOf({ kind }: Write): string {
  switch (kind) {
    case 'put':
      return 'dynamodb:PutItem'
    case 'update':
      return 'dynamodb:UpdateItem'
    case 'check':
      return 'dynamodb:ConditionCheckItem'
    case 'delete':
      return 'dynamodb:DeleteItem'
    default:
      return assertNever(kind)
  }
}

export function gatedArtifacts(artifacts: Artifacts, gate: Check, resources: AgentResources): Artifacts {
  const object = (runId: string, name: string) => `${resources.artifactsBucketArn}/runs/${runId}/${name}`
  const read = (runId: string, { $ref }: { readonly $ref: string }) =>
    gate.check('s3:GetObject', object(runId, $ref.slice('sha256:'.length)))
  return {
    async put(runId, content) {
      gate.check('s3:PutObject', object(runId, NEW_OBJECT))
      return artifacts.put(runId, content)
    },
    async getBytes(runId, reference) {
      read(runId, reference)
      return artifacts.getBytes(runId, reference)
    },
    async get(runId, reference) {
      read(runId, reference)
      return artifacts.get(runId, reference)
    },
  }
}

/** Stands for the hash of what is not written yet: no right depends on it. */
const NEW_OBJECT = createHash('sha256').digest('hex')

/** A denial is what a model's adapter calls it, so that the next model may be asked. */
export function gatedModel(model: Model, gate: Check, resources: AgentResources): Model {
  const { bedrockRegion: region = '' } = resources
  const { provider, description, fixedModelId, place, isLocal } = model
  return {
    ...{ provider, description },
    ...(fixedModelId !== undefined && { fixedModelId }),
    ...(place !== undefined && { place }),
    ...(isLocal !== undefined && { isLocal }),
    async call(request, options) {
      try {
        for (const { resource, context } of modelRequests(request.modelId, region, resources)) {
          gate.check('bedrock:InvokeModel', resource, context)
        }
      } catch (error) {
        if (!(error instanceof PermissionDenied)) throw error
        throw new ModelAccessDenied({ message: error.message, next: error.next, cause: error })
      }
      return model.call(request, options)
    },
  }
}

export function gatedSecrets(read: ReadSecret, gate: Check, { place }: AgentResources): ReadSecret {
  return async (name) => {
    gate.check('secretsmanager:GetSecretValue', someSecretArn(name, place))
    return read(name)
  }
}

/** Isolated tools run in this process, but only for whom they would be invoked, and with their own role's rights. */
export function gatedAgent(agent: Agent, gate: StepGate, { toolFunctionArns }: AgentResources): Agent {
  if (!agent.tools.some(({ isolated }) => isolated)) return agent
  const gated = (tool: Tool): Tool => {
    const arn = toolFunctionArns[tool.name]
    if (!tool.isolated || arn === undefined) return tool
    return {
      ...tool,
      async run(input, context) {
        gate.check('lambda:InvokeFunction', laptopVersion(arn))
        return gate.withinTool(tool, () => tool.run(input, context))
      },
    }
  }
  return { ...agent, tools: agent.tools.map(gated) }
}
