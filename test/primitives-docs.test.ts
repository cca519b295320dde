import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

/** docs/primitives.md: each line of the table for who knows Redis names a test that is there, by file and title. */
const [, section = ''] = readFileSync('docs/primitives.md', 'utf8').split('## For who knows Redis')

const lines = [...section.matchAll(/^\| (?!Redis |-)([^|]+)\|[^|]+\|[^|]+\|([^|]+)\|$/gm)].map(
  ([, redis = '', shown = '']) => {
    const [, file = '', title = ''] = /^ `([^`]+)`: "([^"]+)" $/.exec(shown) ?? []
    return { redis: redis.trim(), file, title }
  },
)

describe('docs/primitives.md', () => {
  it('has a line for each primitive', () => {
    const words = ['state', 'log', 'queue', 'pub/sub', 'lock', 'rate limit', 'vector search']
    expect(lines.map(({ redis }) => redis)).toEqual(words.map((word) => expect.stringContaining(word)))
  })

  it.each(lines)('$redis: $file has "$title"', ({ file, title }) => {
    expect(existsSync(file)).toBe(true)
    const titles = [...readFileSync(file, 'utf8').matchAll(/^ +name: '(.+)',$/gm)].map(([, found]) => found)
    expect(titles).toContain(title)
  })
})
