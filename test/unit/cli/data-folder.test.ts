import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { withDataWords } from '../../../src/cli/data-folder.ts'

const RUN = '20261122-190501-k7mq2a'

describe('withDataWords', () => {
  it('gives each command that looks into the folder its place', () => {
    expect(withDataWords(`Watch it: baton events ${RUN} --follow. Stop it: baton cancel ${RUN}.`, '/my data')).toBe(
      `Watch it: baton events ${RUN} --data '/my data' --follow. Stop it: baton cancel ${RUN} --data '/my data'.`,
    )
    expect(withDataWords('baton runs lists those there are.', '/d')).toBe('baton runs --data /d lists those there are.')
  })

  it('leaves alone what has it, what needs none, and the usual folder', () => {
    for (const text of [`baton show ${RUN} --data /d`, 'baton run --help', 'baton doctor', '`baton resume` goes on'])
      expect(withDataWords(text, '/d')).toBe(text)
    expect(withDataWords(`baton show ${RUN}`, resolve('.baton'))).toBe(`baton show ${RUN}`)
  })
})
