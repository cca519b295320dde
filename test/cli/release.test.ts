/** What `baton release` keeps. */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { baton, scratch } from './baton.ts'
import { ownTeam } from './own-team.ts'

function releasing(name: string) {
  const data = join(scratch(), 'data')
  const { file, write } = ownTeam(name)
  const release = async (...words: readonly string[]) => {
    const ended = await baton(['release', '--team', file, '--data', data, '--json', ...words])
    return { ...ended, told: ended.code === 0 ? JSON.parse(ended.stdout) : undefined }
  }
  const bundles = () => readdirSync(join(data, 'bundles')).sort()
  return { data, file, write, release, bundles }
}

const otherWriter = (source: string) => source.replace("name: 'writer',", "name: 'writer', instructions: 'Be brief.',")

it('gives what changed the next number, and what did not change no release', async () => {
  const { release, write, bundles } = releasing('numbers')
  const first = await release('--reason', 'the first')
  expect(first.told).toMatchObject({ team: 'work', isNew: true, isStable: true, release: { sequence: 1 } })
  expect(first.told.release.contents).toMatchObject({ 'agent/writer': '1.0.0', 'workflow/short': '1.0.0' })
  expect(bundles()).toEqual([`${first.told.release.bundle}.mjs`])
  expect((await release()).told).toMatchObject({ isNew: false, release: { sequence: 1 } })

  write(otherWriter)
  const refused = await release('--strict')
  expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('writer') })
  const second = await release()
  expect(second.told).toMatchObject({ isNew: true, release: { sequence: 2 } })
  expect(second.told.release.contents).toMatchObject({ 'agent/writer': '1.0.1', 'agent/planner': '1.0.0' })

  write()
  const again = await release('--hold')
  expect(again.told).toMatchObject({ isNew: true, isStable: false, release: { sequence: 3 } })
  expect(again.told.release.contents).toMatchObject({ 'agent/writer': '1.0.0' })
  expect(again.told.release.bundle).toBe(first.told.release.bundle)
}, 60_000)

it.each(['bundle.write.before', 'bundle.write.after', 'release.publish.before', 'release.publish.after'])(
  'killed at %s leaves nothing half: the same again completes it',
  async (point) => {
    const { data, file, release, bundles } = releasing(`killed-${point}`)
    const words = ['release', '--team', file, '--data', data]
    const killed = await baton(words, { environment: { BATON_CRASH_AT: point } })
    expect(killed).toMatchObject({ signal: 'SIGKILL' })
    const { told } = await release()
    expect(told).toMatchObject({ isNew: point !== 'release.publish.after', release: { sequence: 1 } })
    expect(bundles()).toEqual([`${told.release.bundle}.mjs`])
  },
  30_000,
)

it('says what is wrong, and releases nothing of it', async () => {
  const { data, release, write } = releasing('wrong')
  write((source) => `import './not-there.ts'\n${source}`)
  expect(await release()).toMatchObject({ code: 2, stderr: expect.stringContaining('not-there') })
  write((source) => source.replace('export default', 'export const team ='))
  expect(await release()).toMatchObject({ code: 2, stderr: expect.stringContaining('does not export a team') })
  expect(() => readdirSync(data)).toThrow('ENOENT')
}, 30_000)
