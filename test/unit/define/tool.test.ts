import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineTool } from '../../../src/define/tool.ts'
import { InvalidDefinition } from '../../../src/errors.ts'
import { faultsOf } from './faults.ts'

const search = {
  name: 'searchDocuments',
  description: 'Finds passages.',
  input: z.object({ query: z.string() }),
  output: z.object({ hits: z.array(z.string()) }),
  run: async () => ({ hits: [] }),
}

describe('defineTool', () => {
  it('gives a frozen tool with safe defaults', () => {
    const tool = defineTool(search)

    expect(tool).toMatchObject({ kind: 'tool', effect: 'opaque', timeoutSeconds: 30, grants: [], isolated: false })
    expect(Object.isFrozen(tool)).toBe(true)
    expect(Object.isFrozen(tool.grants)).toBe(true)
    expect(tool.inputSchema).toMatchObject({ type: 'object', required: ['query'] })
  })

  it('has a hash that is stable, and changes with what a model or a policy sees', () => {
    const { sha256 } = defineTool(search)
    const grants = [{ actions: ['s3:GetObject'], resources: ['arn:aws:s3:::documents/*'] }]

    expect(sha256).toMatch(/^[0-9a-f]{64}$/)
    expect(defineTool({ ...search }).sha256).toBe(sha256)
    for (const change of [
      { description: 'Finds nothing.' },
      { effect: 'read' as const },
      { grants },
      { timeoutSeconds: 5 },
      { isolated: true },
      { input: z.object({ query: z.string().max(9) }) },
    ]) {
      expect(defineTool({ ...search, ...change }).sha256, JSON.stringify(change)).not.toBe(sha256)
    }
  })

  it('keeps the hash that earlier runs know it by', () => {
    expect(defineTool({ ...search, isolated: false }).sha256).toBe(defineTool(search).sha256)
  })

  it('names path and remedy of every fault', () => {
    const wrong = { ...search, name: 'Search!', timeoutSeconds: -1, run: 'none', extra: 1 }

    const faults = faultsOf(() => defineTool(wrong as unknown as typeof search))

    expect(faults.map(({ path }) => path).toSorted()).toEqual(['(root)', 'name', 'run', 'timeoutSeconds'])
    expect(faults.every(({ remedy }) => remedy.length > 10)).toBe(true)
  })

  it('refuses schemas that no wire can carry', () => {
    const faults = faultsOf(() => defineTool({ ...search, input: z.object({ at: z.date() }) }))

    expect(faults).toMatchObject([{ path: 'input', remedy: expect.stringContaining('plain JSON types') }])
  })

  it('refuses a table tool in a function of its own, which could not commit', () => {
    const faults = faultsOf(() => defineTool({ ...search, effect: 'table', isolated: true }))

    expect(faults).toMatchObject([{ path: 'isolated', remedy: expect.stringContaining('leave isolated out') }])
  })

  it('refuses wildcard actions', () => {
    const grants = [{ actions: ['s3:*'], resources: ['*'] }]

    expect(() => defineTool({ ...search, grants })).toThrow(InvalidDefinition)
  })
})
