import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import validateAsl from 'asl-validator'
import { describe, expect, it } from 'vitest'
import { goldenFiles, goldenPictures } from '../../scripts/golden.ts'
import { checkDefinition } from '../../src/engine/check-definition.ts'

const folder = join(import.meta.dirname, '../../statemachines')
const files = await goldenFiles()

describe('statemachines', () => {
  it('holds exactly the compiled workflows', () => {
    const kept = readdirSync(folder).filter((name) => name.endsWith('.asl.json'))

    expect(kept.sort()).toEqual([...files.keys()].sort())
    expect(kept.length).toBeGreaterThanOrEqual(3)
  })

  describe.each([...files])('%s', (name, text) => {
    it('is what the compiler gives (else: npm run golden)', () => {
      expect(readFileSync(join(folder, name), 'utf8')).toBe(text)
    })

    it('is accepted by asl-validator', () => {
      expect(validateAsl(JSON.parse(text))).toMatchObject({ isValid: true, errors: [] })
    })

    it('is accepted by the engine', () => {
      expect(checkDefinition(JSON.parse(text))).toEqual([])
    })

    it('holds no ARN but those of the integrations', () => {
      const arns = text.match(/arn:aws[^"]*/g) ?? []

      expect(arns.filter((arn) => !INTEGRATIONS.includes(arn))).toEqual([])
    })
  })
})

it('draws the pictures of the pages anew as they are kept (else: npm run golden)', async () => {
  const drawn = await goldenPictures()
  const kept = join(import.meta.dirname, '../../docs/pictures')

  expect(readdirSync(kept).sort()).toEqual([...drawn.keys()].sort())
  for (const [name, picture] of drawn) expect(readFileSync(join(kept, name), 'utf8'), name).toBe(picture)
})

const INTEGRATIONS = [
  'arn:aws:states:::lambda:invoke',
  'arn:aws:states:::lambda:invoke.waitForTaskToken',
  'arn:aws:states:::states:startExecution.sync:2',
]
