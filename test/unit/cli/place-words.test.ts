import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { placeWords, withPlace } from '../../../src/cli/place-words.ts'

const RUN = '20261122-190501-k7mq2a'

describe('placeWords', () => {
  it('are what was typed, quoted for a shell; none for the usual folder', () => {
    expect(placeWords({ data: '/my data' })).toBe(" --data '/my data'")
    expect(placeWords({ data: resolve('.baton') })).toBe('')
    expect(placeWords({})).toBe('')
    expect(placeWords({ endpoint: 'http://127.0.0.1:8080/dev', sign: true })).toBe(
      ' --endpoint http://127.0.0.1:8080/dev --sign',
    )
    expect(placeWords({ outputs: "it's.json", stack: 'Two' })).toBe(" --outputs 'it'\\''s.json' --stack Two")
  })
})

describe('withPlace', () => {
  it('gives each command that looks at runs its place', () => {
    expect(
      withPlace(`Watch it: baton events ${RUN} --follow. Stop it: baton cancel ${RUN}.`, " --data '/my data'"),
    ).toBe(`Watch it: baton events ${RUN} --data '/my data' --follow. Stop it: baton cancel ${RUN} --data '/my data'.`)
    expect(withPlace('baton runs lists those there are.', ' --endpoint http://a')).toBe(
      'baton runs --endpoint http://a lists those there are.',
    )
    expect(
      withPlace('Once it may go on: baton brake off --agent writer, then look with `baton brake`', ' --data /d'),
    ).toBe('Once it may go on: baton brake off --agent writer --data /d, then look with `baton brake --data /d`')
    expect(withPlace('Look at it with: baton approvals a-0123. baton approvals lists them.', ' --data /d')).toBe(
      'Look at it with: baton approvals a-0123 --data /d. baton approvals --data /d lists them.',
    )
    expect(withPlace('Look which there are: baton versions', ' --data /d')).toBe(
      'Look which there are: baton versions --data /d',
    )
  })

  it('leaves alone what has it, and what needs none', () => {
    for (const text of [
      `baton show ${RUN} --data /d`,
      `baton show ${RUN} --outputs o.json`,
      'baton run --help',
      'baton doctor',
      '`baton resume` goes on',
    ])
      expect(withPlace(text, ' --data /d')).toBe(text)
  })
})
