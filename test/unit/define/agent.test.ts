import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { defineAgent } from '../../../src/define/agent.ts'
import { defineTool } from '../../../src/define/tool.ts'
import { common } from './agents.ts'
import { faultsOf } from './faults.ts'

const base = { ...common, name: 'planner', input: z.object({ a: z.string() }), output: z.object({ b: z.number() }) }
const look = defineTool({
  name: 'look',
  description: 'Looks.',
  input: z.object({}),
  output: z.object({}),
  run: async () => ({}),
})

describe('defineAgent', () => {
  it('gives a frozen agent whose every bound is finite', () => {
    const agent = defineAgent(base)

    expect(Object.isFrozen(agent) && Object.isFrozen(agent.limits) && Object.isFrozen(agent.model)).toBe(true)
    expect(Object.values(agent.limits).every(Number.isFinite)).toBe(true)
    expect(agent).toMatchObject({ kind: 'agent', rights: 'worker', tools: [], checks: [] })
  })

  it('has a hash that is stable, and changes with whatever changes what it does', () => {
    const { sha256 } = defineAgent(base)
    const check = {
      name: 'quotes',
      description: 'Every quote exists.',
      run: async () => ({ verdict: 'accept' as const }),
    }

    expect(defineAgent({ ...base }).sha256).toBe(sha256)
    for (const change of [
      { instructions: 'Do it well.' },
      { model: { id: 'model-b' } },
      { model: { id: 'model-a', temperature: 0 } },
      { limits: { turns: 3 } },
      { tools: [look] },
      { checks: [check] },
      { output: z.object({ b: z.string() }) },
      { kind: 'support' as const },
      { version: '1.0.1' },
    ]) {
      const changed = defineAgent({ ...base, ...change } as unknown as typeof base)
      expect(changed.sha256, JSON.stringify(change)).not.toBe(sha256)
    }
  })

  it('names path and remedy of every fault', () => {
    const wrong = {
      ...base,
      name: 'The Planner',
      version: 'one',
      model: { id: '' },
      limits: { seconds: 901 },
      tools: [{ name: 'look' }],
      output: 'text',
    }

    const faults = faultsOf(() => defineAgent(wrong as unknown as typeof base))

    expect(faults.map(({ path }) => path).toSorted()).toEqual([
      'limits.seconds',
      'model.id',
      'name',
      'output',
      'tools.0',
      'version',
    ])
    expect(faults.every(({ remedy, message }) => remedy !== '' && message !== '')).toBe(true)
  })

  it('refuses an unknown field by name', () => {
    const faults = faultsOf(() => defineAgent({ ...base, backstory: 'long' } as unknown as typeof base))

    expect(faults).toMatchObject([{ message: expect.stringContaining('backstory') }])
  })

  it('refuses a policy of a limit that can come to nothing', () => {
    expect(faultsOf(() => defineAgent({ ...base, onLimit: { costUsd: 'degrade', budget: 'degrade' } }))).toEqual([
      expect.objectContaining({ path: 'onLimit.costUsd', remedy: expect.stringContaining('model.degradeTo') }),
      expect.objectContaining({ path: 'onLimit.budget' }),
    ])
    const model = { id: 'model-a', degradeTo: 'model-b' }
    expect(faultsOf(() => defineAgent({ ...base, model }))).toEqual([
      expect.objectContaining({ path: 'model.degradeTo', remedy: expect.stringContaining("costUsd: 'degrade'") }),
    ])
    const onLimit = { costUsd: 'degrade' } as const
    const itself = { ...model, degradeTo: 'model-a' }
    expect(faultsOf(() => defineAgent({ ...base, model: itself, onLimit }))).toHaveLength(1)
    expect(defineAgent({ ...base, model, onLimit }).sha256).not.toBe(defineAgent(base).sha256)
  })
})
