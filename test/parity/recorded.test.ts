/**
 * The engine held against histories that LocalStack's Step Functions gave (recorded in test/localstack/fixtures), where no
 * LocalStack is at hand. The live comparison is test/localstack/machines.test.ts.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { MACHINES } from '../localstack/machines.ts'
import { normalizeHistory, type RawEvent } from '../localstack/normalize-history.ts'
import { namesOf, runMachine } from '../localstack/support/run-machine.ts'

const FOLDER = join(import.meta.dirname, '../localstack/fixtures')
const FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:recorded'

it.concurrent.each(Object.entries(MACHINES))('%s', async (label, { definition, input }) => {
  const name = `recorded-${label}`
  const recorded = normalizeHistory(read(label), namesOf(FUNCTION, name))
  const { history } = await runMachine(definition, input, name)
  expect(recorded.length).toBeGreaterThan(2)
  expect(history).toEqual(recorded)
})

function read(label: string): RawEvent[] {
  const lines = readFileSync(join(FOLDER, `${label}.jsonl`), 'utf8')
    .trim()
    .split('\n')
  return lines.map((line) => JSON.parse(line) as RawEvent)
}
