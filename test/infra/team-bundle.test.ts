import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { teamBundle } from '../../infra/team-bundle.ts'
import { teamPrices } from '../../infra/team-prices.ts'
import { buildStack, NOW, ofType, type Properties, readResources, resourcesOf, TEAMS } from './stacks.ts'

const LONG = { timeout: 180_000 }
const { team, teamFile } = TEAMS.research

describe('teamBundle', LONG, () => {
  const prices = teamPrices(team, 'bedrock', NOW)

  it('puts the folders beside the agents’ code, and nowhere else', () => {
    const { agents, control } = teamBundle({ teamFile, prices, folders: { documents: 'docs' } })

    expect(existsSync(join(agents.folder, 'documents/architecture.md'))).toBe(true)
    expect(readdirSync(control.folder)).not.toContain('documents')
  })

  it('is made once a process, and gives the same bytes when it is made again', () => {
    const first = teamBundle({ teamFile, prices })
    const other = teamBundle({ teamFile, prices, folders: { documents: 'docs' } })
    const code = (folder: string) => readFileSync(join(folder, 'index.mjs'), 'utf8')

    expect(teamBundle({ teamFile, prices })).toBe(first)
    expect(other).not.toBe(first)
    expect(code(other.agents.folder)).toBe(code(first.agents.folder))
  })

  it('holds nothing of CDK, of the embedded engine’s database or of this machine', () => {
    const { agents, control } = teamBundle({ teamFile, prices })

    for (const folder of [agents.folder, control.folder]) {
      const code = readdirSync(folder).filter((file) => file.endsWith('.mjs'))
      const texts = code.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n')
      expect(texts).not.toMatch(/aws-cdk-lib|node:sqlite/)
      expect(texts).not.toContain(process.cwd())
    }
  })

  it('gives the agents the prices of their own models', () => {
    expect(prices.prices.map(({ provider, modelId }) => `${provider} ${modelId}`)).toEqual([
      'bedrock us.anthropic.claude-haiku-4-5-20251001-v1:0',
    ])
    expect(prices.prices[0]?.price.inputPerMillionUsd).toBeGreaterThan(0)
  })

  it('is one asset for all agents of a team, and another for what runs around them', () => {
    const functions = ofType(resourcesOf('research', 'dev'), 'AWS::Lambda::Function')
    const keys = new Set(functions.map(({ Properties }) => JSON.stringify((Properties['Code'] as Properties)['S3Key'])))

    expect(functions.length).toBe(10)
    expect(keys.size).toBe(2)
  })

  it('leaves the template as it is when a team is synthesized again', () => {
    expect(readResources(buildStack('research', 'dev').stack)).toEqual(resourcesOf('research', 'dev'))
  })
})
