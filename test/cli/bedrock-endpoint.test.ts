/** The research team on this host, with `bedrock` as its model: the real AWS client, an endpoint of our own behind it. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { createOfflineModel } from '../../src/models/offline/offline.ts'
import { converseEndpoint } from '../../src/testing/converse-endpoint.ts'
import { baton, scratch } from './baton.ts'

const QUESTION = 'How long does a queue keep messages, and how do I encrypt a table with my own key?'

it('gives the same report through the AWS client as with the model itself, throttled or not', async () => {
  const folder = scratch()
  const documents = join(folder, 'documents')
  mkdirSync(documents)
  writeFileSync(
    join(documents, 'queues.md'),
    '# Queues\n\n## Retention\n\nA queue keeps its messages for four days by default.\n',
  )
  writeFileSync(
    join(documents, 'tables.md'),
    '# Tables\n\n## Encryption\n\nTo encrypt a table with a key of your own, set its `encryptionKey` property.\n',
  )
  const endpoint = await converseEndpoint({ model: createOfflineModel(), rules: [{ every: 4, answer: 'throttle' }] })
  onTestFinished(() => endpoint.close())
  const run = (model: string, environment: Readonly<Record<string, string>> = {}) =>
    baton(
      [
        'run',
        '--team',
        'examples/research/team.ts',
        '--documents',
        documents,
        '--data',
        join(folder, model),
        '--json',
        QUESTION,
      ],
      { environment: { BATON_MODEL: model, ...environment } },
    )

  const [direct, through] = await Promise.all([
    run('offline'),
    run('bedrock', {
      AWS_ENDPOINT_URL_BEDROCK_RUNTIME: endpoint.url,
      AWS_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
    }),
  ])

  expect([direct.code, through.code], through.stderr).toEqual([0, 0])
  expect(outputOf(through.stdout)).toEqual(outputOf(direct.stdout))
  expect(endpoint.calls.length).toBeGreaterThan(8)
  expect(through.stdout).toContain('offline: extractive, not a language model')
}, 60_000)

function outputOf(stdout: string): unknown {
  const last = stdout.trim().split('\n').at(-1) ?? ''
  return (JSON.parse(last) as { output?: unknown }).output
}
