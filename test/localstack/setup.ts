/**
 * What all tests of this folder need, once: a LocalStack, the models, and the two teams deployed by CDK. Says how long each
 * took. Nothing of it is left behind but what the LocalStack of a user keeps.
 */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { deployWithCdk } from '../../localstack/deploy-with-cdk.ts'
import { ensureLocalStack } from '../../localstack/index.ts'
import { createOfflineModel } from '../../src/models/offline/offline.ts'
import { converseEndpoint } from '../../src/testing/converse-endpoint.ts'
import type { Deployed } from './support/deployed.ts'
import { serveEffects } from './support/effects.ts'
import { serveFaultyDynamodb } from './support/faulty-dynamodb.ts'
import { serveCalls } from './support/model-calls.ts'
import { patternsModel } from './support/patterns-model.ts'
import { servePolicies } from './support/policies.ts'
import { stackOf } from './support/stack-of.ts'

const ROOT = join(import.meta.dirname, '../..')
/** The documents that the research team reads, deployed with its functions. */
const DOCUMENTS = 'test/localstack/documents'

let close = async (): Promise<void> => undefined

export async function setup(project: TestProject): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'baton-localstack-'))
  const localstack = await timed('LocalStack', () => ensureLocalStack({ say }))
  const { endpoint, host } = localstack
  const listening = { host: host.listenOn }
  const patternsEndpoint = await converseEndpoint({ model: patternsModel(), ...listening })
  const researchEndpoint = await converseEndpoint({ model: createOfflineModel(), ...listening })
  const calls = await serveCalls(patternsEndpoint)
  const faulty = await serveFaultyDynamodb(endpoint, host.listenOn)
  const effects = await serveEffects(host.listenOn)
  const policies = await servePolicies(endpoint, host.listenOn)
  close = async () => {
    await Promise.all([
      patternsEndpoint.close(),
      researchEndpoint.close(),
      calls.close(),
      faulty.close(),
      effects.close(),
      policies.close(),
    ])
    await localstack.stop()
    rmSync(folder, { recursive: true, force: true })
  }
  const fromFunctions = (port: number) => `http://${host.fromFunctions}:${port}`
  const deploy = (name: string, port: number, more: { cwd: string; app?: string; context?: Record<string, string> }) =>
    timed(`cdk deploy of ${name}`, () =>
      deployWithCdk({
        ...more,
        ...{ endpoint, build: false, folder: join(folder, name) },
        context: { ...more.context, bedrockEndpoint: fromFunctions(port) },
      }),
    )
  try {
    const research = await deploy('research', researchEndpoint.port, { cwd: ROOT, context: { documents: DOCUMENTS } })
    const patterns = await deploy('patterns', patternsEndpoint.port, {
      ...{
        cwd: import.meta.dirname,
        app: 'node app.ts',
        context: {
          ...{ team: 'patterns.team.ts', faultyDynamodb: fromFunctions(faulty.port) },
          policies: fromFunctions(policies.port),
        },
      },
    })
    const deployed: Deployed = {
      endpoint,
      folder,
      callsUrl: calls.url,
      faultsUrl: `http://127.0.0.1:${faulty.port}`,
      effectsUrl: effects.url,
      effectsFromFunctions: fromFunctions(effects.port),
      patternsModelUrl: patternsEndpoint.url,
      patternsModelFromFunctions: fromFunctions(patternsEndpoint.port),
      researchModelUrl: researchEndpoint.url,
      documents: join(ROOT, DOCUMENTS),
      research: stackOf(research),
      patterns: stackOf(patterns),
    }
    project.provide('deployed', deployed)
    process.env['BATON_TEST_DYNAMODB_ENDPOINT'] = endpoint
  } catch (error) {
    await close()
    throw error
  }
}

export async function teardown(): Promise<void> {
  await close()
}

async function timed<T>(what: string, work: () => Promise<T>): Promise<T> {
  const started = Date.now()
  const result = await work()
  say(`${what}: ${((Date.now() - started) / 1_000).toFixed(1)} s`)
  return result
}

function say(line: string): void {
  console.error(`localstack suite: ${line}`)
}
