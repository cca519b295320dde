/** What the local gate adds to a call: one request put to all statements of an agent with its session tags and its boundary. */

import { agentBoundary, agentStatements, compilePolicy, evaluate, laptopResources } from '../src/permissions/index.ts'
import { office } from '../test/unit/engine/support/gated-team.ts'
import { figure, heading } from './report.ts'
import { median } from './team.ts'

const CALLS = 20_000
const ROUNDS = 7
const AIM_MS = 1

const [agent] = office.agents
if (agent === undefined) throw new Error('the team has an agent')
const resources = { ...laptopResources(office, {}), workflows: ['desk'] }
const statements = agentStatements(agent, resources)
const began = performance.now()
const policies = [compilePolicy(statements)]
const boundary = compilePolicy(agentBoundary(statements, resources.journalTableArn))
const compiledMs = performance.now() - began
const tags = { 'aws:PrincipalTag/runId': 'run-1', 'aws:PrincipalTag/stepId': 'write' }
const table = resources.recordsTableArn

heading('permissions, one evaluation')
figure('policies of an agent, compiled once', compiledMs, 'ms')
figure('allowed, one key', perCall(['RUN#run-1#STEP#write'], 'allow'), 'ms', AIM_MS)
figure('allowed, 25 keys', perCall(Array(25).fill('RUN#run-1#BUDGET'), 'allow'), 'ms', AIM_MS)
figure('denied, with its reasons', perCall(['RUN#run-2#STEP#write'], 'implicitDeny'), 'ms', AIM_MS)

function perCall(keys: readonly string[], expected: string): number {
  const context = { ...tags, 'dynamodb:LeadingKeys': keys }
  const request = { action: 'dynamodb:UpdateItem', resource: table, context }
  const rounds = Array.from({ length: ROUNDS + 1 }, () => {
    const start = performance.now()
    for (let call = 0; call < CALLS; call += 1) {
      if (evaluate({ policies, boundary, request }).decision !== expected) throw new Error('another verdict')
    }
    return (performance.now() - start) / CALLS
  })
  // The first one warms up.
  return median(rounds.slice(1))
}
