import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { filesFrom, teamBundle } from '../../../infra/team-bundle.ts'

const TEAM = join(import.meta.dirname, '../../../examples/research/team.ts')
/**
 * Bytes of code that a cold start loads, minified, AWS's clients inside. Of an agent's, 35 KB are what the patterns, shared state
 * and messages take, 17 KB the memory of a team, 14 KB the policy for data and tools; of the control function's 60 KB, rules and boards among them,
 * and 10 KB, and of 20 KB more, versions and canaries; of
 * 22 KB, the rules of `adaptive` and the topology router. Their zod schemas are made at a start.
 */
const AGENT_BYTES = 814_000
const CONTROL_BYTES = 871_000

const { agents, control } = teamBundle({ teamFile: TEAM, prices: { version: 'test', prices: [] } })

type Metafile = typeof agents.metafile

const FIRST = ['import-statement']
const EVER = ['import-statement', 'dynamic-import']

/** Files that come with this module of ours where it is imported when needed. */
function filesOf({ outputs }: Metafile, module: string): string[] {
  const found = new Set(Object.keys(outputs).filter((path) => outputs[path]?.entryPoint?.endsWith(module)))
  for (const path of found) {
    for (const { path: next, kind } of outputs[path]?.imports ?? []) if (kind === 'import-statement') found.add(next)
  }
  return [...found]
}

const bytesOf = ({ outputs }: Metafile, paths: readonly string[]) =>
  [...new Set(paths)].reduce((sum, path) => sum + (outputs[path]?.bytes ?? 0), 0)
const inputsOf = ({ outputs }: Metafile, paths: readonly string[]) =>
  paths.flatMap((path) =>
    Object.entries(outputs[path]?.inputs ?? {})
      .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
      .map(([input]) => input),
  )

describe('the bundle of agents', () => {
  it(`loads at most ${AGENT_BYTES} bytes for an agent that asks Bedrock`, () => {
    const bedrock = filesOf(agents.metafile, 'functions/bedrock-models.ts')
    const bytes = bytesOf(agents.metafile, [...filesFrom(agents.metafile, FIRST), ...bedrock])
    console.log(`agents: ${agents.bytes} bytes at a start, ${bytes} with Bedrock; control: ${control.bytes}`)
    expect(bytes).toBeGreaterThan(agents.bytes)
    expect(bytes).toBeLessThanOrEqual(AGENT_BYTES)
  })

  it('holds nothing that starts, stops or serves runs, in any file', () => {
    const all = inputsOf(agents.metafile, filesFrom(agents.metafile, EVER))
    const foreign =
      /client-sfn|node_modules\/hono|zod-to-openapi|jsonata|aws-cdk-lib|src\/(api|cli|workflow|sqlite)\/|src\/engine\/(?!host-cancellations)/
    expect(all.length).toBeGreaterThan(100)
    expect(all.filter((input) => foreign.test(input))).toEqual([])
  })

  it('loads S3, Lambda and the other models only where they are needed', () => {
    const start = inputsOf(agents.metafile, filesFrom(agents.metafile, FIRST))
    const seldom = /client-s3|client-lambda|client-bedrock|src\/models\/(offline|scripted|openai)/
    expect(start.filter((input) => seldom.test(input))).toEqual([])
  })
})

describe('the bundle of control', () => {
  it(`loads at most ${CONTROL_BYTES} bytes`, () => {
    expect(control.bytes).toBeLessThanOrEqual(CONTROL_BYTES)
  })

  it('asks no model and runs no tool', () => {
    const all = inputsOf(control.metafile, filesFrom(control.metafile, EVER))
    expect(all.filter((input) => /client-bedrock|client-lambda|client-sts|src\/agent\/run-step/.test(input))).toEqual(
      [],
    )
  })
})
