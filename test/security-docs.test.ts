import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** docs/security.md: each line of its tables names tests that are there, by file and title, or says that it is not met. */
const page = readFileSync('docs/security.md', 'utf8')

const lines = [...page.matchAll(/^\| (ASI\d\d|\d+\.\d+\.\d+)\b([^|]*)\|([^|]*)\|([^|]*)\|(.*)\|$/gm)].map((match) => {
  const [, id = '', , what = '', state = '', shown = ''] = match
  return { id, what: what.trim(), state: state.trim(), shown: shown.trim() }
})
const tests = lines.flatMap(({ id, shown }) =>
  [...shown.matchAll(/`([^`]+)`: "([^"]+)"/g)].map(([, file = '', title = '']) => ({ id, file, title })),
)

describe('docs/security.md', () => {
  it('has a line for each risk and each requirement', () => {
    const ids = lines.map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const sections = { '9.1': 3, '9.2': 10, '9.3': 8, '9.4': 4, '9.5': 6, '9.6': 3, '12.4': 3 }
    const asked = Object.entries(sections).flatMap(([section, count]) =>
      Array.from({ length: count }, (_, index) => `${section}.${index + 1}`),
    )
    const risks = Array.from({ length: 10 }, (_, index) => `ASI${String(index + 1).padStart(2, '0')}`)
    expect(ids).toEqual([...risks, ...asked])
  })

  it.each(lines)('$id names its tests, or says not met', ({ id, state, shown }) => {
    expect(['held', 'met', 'in part', 'not met']).toContain(state)
    const named = tests.filter((one) => one.id === id)
    if (state === 'not met') expect(shown).toBe('none')
    else expect(named.map(({ file, title }) => `\`${file}\`: "${title}"`).join('<br>')).toBe(shown)
    expect(named.length > 0).toBe(state !== 'not met')
  })

  it.each(tests)('$id: $file has "$title"', ({ file, title }) => {
    expect(existsSync(file)).toBe(true)
    const titles = [...readFileSync(file, 'utf8').matchAll(/(?:\bit|\))\(\s*(['"`])(.+?)\1,\s/g)]
    expect(titles.map(([, , found]) => found)).toContain(title)
  })
})
