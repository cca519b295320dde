import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { baton, scratch, writeJson } from './baton.ts'

const TEAM = join(import.meta.dirname, 'teams/secrets.team.ts')
const MESSAGES = join(import.meta.dirname, 'teams/messages.team.ts')

describe('baton permissions', () => {
  it('says what an agent can do and why, as words or as JSON', async () => {
    const { stdout, code } = await baton(['permissions', 'writer', '--team', MESSAGES])

    expect(code).toBe(0)
    expect(stdout).toMatch(/^writer \(worker\) works in /)
    expect(stdout).toMatch(/writer sends messages\n {2}because {2}sends: ann, bob\n {2}actions {2}dynamodb:GetItem/)
    expect(stdout).toContain('Never, whatever a policy says: iam:*')
    const json = JSON.parse((await baton(['permissions', 'writer', '--team', MESSAGES, '--json'])).stdout)
    expect(json).toMatchObject({
      agent: 'writer',
      may: expect.arrayContaining([expect.objectContaining({ sid: 'ReadRunHead' })]),
    })
  })

  it('asks for an agent that there is', async () => {
    const unknown = await baton(['permissions', 'nobody', '--team', MESSAGES])
    expect([unknown.code, unknown.stderr]).toEqual([3, expect.stringContaining('Name one of: writer')])
    expect((await baton(['permissions', '--team', MESSAGES])).code).toBe(2)
  })

  it('checks: a team that is as it should be; and what its recorded runs never used', async () => {
    const folder = scratch()
    const agents = { 'writer@ask': [{ submit: 'asked' }], ann: [{ submit: 'read' }], bob: [{ submit: 'not read' }] }
    const script = { agents: { ...agents, 'writer@collect': [{ submit: 'done' }] } }
    const place = ['--data', join(folder, 'data')]
    const model = `scripted:${writeJson(folder, 'script.json', script)}`
    await baton(['run', '--team', MESSAGES, '--model', model, '--input', '{}', ...place])

    expect(await baton(['permissions', 'check', '--team', MESSAGES])).toMatchObject({ code: 0 })
    const used = await baton(['permissions', 'check', '--team', MESSAGES, '--runs', '10', ...place])
    expect(used).toMatchObject({ code: 0, stdout: expect.stringContaining('No grant is too wide') })
    const secrets = await baton(['permissions', 'check', '--team', TEAM, '--json'])
    expect(JSON.parse(secrets.stdout)).toEqual(expect.any(Array))
    expect((await baton(['permissions', 'check', '--team', MESSAGES, '--runs', 'all', ...place])).code).toBe(2)
  })
})
