import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chooseModel, MODEL_SETTINGS, parseModelSetting } from '../../../src/models/choose.ts'

describe('parseModelSetting', () => {
  it.each([
    [undefined, { kind: 'offline' }],
    ['  ', { kind: 'offline' }],
    ['offline', { kind: 'offline' }],
    ['bedrock', { kind: 'bedrock' }],
    ['bedrock:eu-central-1', { kind: 'bedrock', region: 'eu-central-1' }],
    ['bedrock:us-gov-west-1', { kind: 'bedrock', region: 'us-gov-west-1' }],
    [
      'openai:http://localhost:11434/v1#qwen3:8b',
      { kind: 'openai', url: 'http://localhost:11434/v1', model: 'qwen3:8b' },
    ],
    ['openai:https://api.openai.com/v1/', { kind: 'openai', url: 'https://api.openai.com/v1' }],
    ['scripted:./a:b.json', { kind: 'scripted', file: './a:b.json' }],
  ])('reads %j', (text, setting) => {
    expect(parseModelSetting(text)).toEqual(setting)
  })

  it('reads its own examples', () => {
    expect(MODEL_SETTINGS.map(({ example }) => parseModelSetting(example).kind)).toEqual([
      'offline',
      'bedrock',
      'openai',
      'scripted',
    ])
  })

  it.each([
    'gpt-4',
    'offline:x',
    'bedrock:',
    'bedrock:Frankfurt',
    'openai',
    'openai:localhost:11434#m',
    'openai:ftp://x#m',
    'scripted',
    'scripted:',
  ])('refuses %j, naming what is allowed', (text) => {
    expect(() => parseModelSetting(text)).toThrow(
      expect.objectContaining({
        name: 'InvalidRequest',
        message: expect.stringMatching(/offline[\s\S]*bedrock:us-east-1/),
      }),
    )
  })

  it('refuses a key in the URL without repeating it', () => {
    expect(() => parseModelSetting('openai:https://user:sk-secret@host/v1#m')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('sk-secret') }),
    )
  })
})

describe('chooseModel', () => {
  it('opens the offline model by default and says how to change it', async () => {
    const choice = await chooseModel(undefined)

    expect(choice.model.provider).toBe('offline')
    expect(choice.description).toBe(choice.model.description)
    expect(choice.howToChange).toMatch(/--model[\s\S]*bedrock/)
  })

  it('opens Bedrock in the setting’s region, else in the one around it', async () => {
    const own = await chooseModel('bedrock:eu-west-1', { region: 'us-east-1' })
    const around = await chooseModel('bedrock', { region: 'us-east-1' })

    expect(own.description).toContain('eu-west-1')
    expect(around.description).toContain('us-east-1')
  })

  it('opens a server with its one model', async () => {
    const { model, description } = await chooseModel('openai:http://localhost:11434/v1#qwen3:8b')

    expect(model).toMatchObject({ provider: 'openai', fixedModelId: 'qwen3:8b' })
    expect(description).toContain('http://localhost:11434/v1')
  })

  it('opens a script, or says what is wrong with it', async () => {
    const path = join(mkdtempSync(join(tmpdir(), 'baton-choose-')), 'replies.json')
    writeFileSync(path, JSON.stringify({ agents: { writer: [{ text: 'Hello.' }] } }))

    expect((await chooseModel(`scripted:${path}`)).description).toContain(path)
    await expect(chooseModel('scripted:/no/such/file.json')).rejects.toMatchObject({ name: 'InvalidRequest' })
  })
})
