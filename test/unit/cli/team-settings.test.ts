import { expect, it } from 'vitest'
import type { Options } from '../../../src/cli/command.ts'
import { besideSettings } from '../../../src/cli/team-settings.ts'

const option = { type: 'string', hint: 'VALUE', description: 'One.' } as const
const own: Options = { data: option }

it('puts settings beside the options of a verb', () => {
  expect(Object.keys(besideSettings({ documents: option }, own))).toEqual(['documents', 'data'])
})

it.each(['data', 'help'])('refuses a setting that would be typed as --%s', (name) => {
  expect(() => besideSettings({ [name]: option }, own)).toThrow(
    new RegExp(`a setting ${name}, and --${name} is an option`),
  )
})
