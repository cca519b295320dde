/** The research team, deployed by the app of a clone: the same report as on a laptop, also by the command line. */
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { expect, it, onTestFinished } from 'vitest'
import team from '../../examples/research/team.ts'
import { teamPrices } from '../../infra/team-prices.ts'
import { createBedrockModel } from '../../src/models/bedrock.ts'
import { OFFLINE_NOTICE } from '../../src/models/offline/offline.ts'
import { pricesFromList } from '../../src/models/prices.ts'
import { detailsOf } from './support/api.ts'
import { comparable } from './support/compare.ts'
import { client, deployed } from './support/deployed.ts'
import { runEmbedded } from './support/embedded.ts'
import { runOnAws } from './support/on-aws.ts'

const { research, researchModelUrl, documents } = deployed
const QUESTION = 'How long does a queue keep messages, and how do I encrypt a table with my own key?'
const input = { question: QUESTION }
const { region, credentials } = client

it.concurrent('gives the report that the embedded engine gives, with the same history and journal', async () => {
  const model = createBedrockModel({ endpoint: researchModelUrl, region, credentials })
  const { priceOf } = pricesFromList(teamPrices(team, 'bedrock', new Date()))
  const [there, here] = await Promise.all([
    // Beside the code, as it lies in a deployed function.
    runOnAws({ stack: research, workflow: 'research', input, settings: { documents: 'documents' } }),
    runEmbedded({ team, workflow: 'research', input, settings: { documents }, model, priceOf }),
  ])
  const onAws = comparable(there, () => true)
  expect(onAws.status).toBe('succeeded')
  expect((onAws.output as { citations: unknown[] }).citations.length).toBeGreaterThan(0)
  expect(onAws).toEqual(comparable(here, () => true, { [documents]: 'documents' }))
  expect((await detailsOf(research, there.run.runId)).notices).toEqual([OFFLINE_NOTICE])
})

it.concurrent('runs by the command line, from what cdk deploy wrote', async () => {
  const home = mkdtempSync(join(tmpdir(), 'baton-home-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  const main = resolve(import.meta.dirname, '../../dist/cli/main.js')
  const environment = {
    PATH: process.env['PATH'],
    HOME: home,
    AWS_REGION: region,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  }
  const words = ['run', '--outputs', research.outputsFile, '--documents', 'documents', '--json', QUESTION]
  const { stdout } = await promisify(execFile)(process.execPath, [main, ...words], { env: environment, cwd: home })
  const last = JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as { output?: { citations?: unknown[] } }
  expect(last.output?.citations?.length).toBeGreaterThan(0)
  expect(stdout).toContain(OFFLINE_NOTICE)
})
