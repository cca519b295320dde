import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Content } from '../../../src/engine/content.ts'
import type { Json } from '../../../src/schema/json.ts'

function keep(content: Content, value: Json, id: number): { text: string; bytes: number } {
  const encoded = content.encode(value, id, 0)
  content.keep()
  return encoded
}

const anyJson = fc.jsonValue({ maxDepth: 8 }) as fc.Arbitrary<Json>
const marked = fc.letrec<{ tree: Json }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 8 },
    fc.integer(),
    fc.string({ minLength: 0, maxLength: 80 }),
    tie('tree').map((value) => ({ '@': value })),
    fc.array(tie('tree'), { maxLength: 3 }),
    tie('tree').map((value) => ({ '@': value, other: 1 })),
  ),
})).tree

describe('Content', () => {
  it('gives back what was put in, whatever it is', () => {
    const read = new Content()
    fc.assert(
      fc.property(fc.oneof(anyJson, marked), (value) => {
        const { text, bytes } = keep(new Content(), value, 1)
        const plain = JSON.parse(JSON.stringify(value))
        expect(read.decode(JSON.parse(text), () => undefined)).toEqual(plain)
        expect(bytes).toBe(Buffer.byteLength(JSON.stringify(value)))
      }),
    )
  })

  it('stores a value that was stored before as a reference, parts of it and long strings, too', () => {
    const content = new Content()
    const part = { list: Array.from({ length: 30 }, (_, i) => i), text: 'x'.repeat(60) }
    const first = keep(content, { a: part, b: 1 }, 1)
    const second = keep(content, { again: part, more: 'x'.repeat(60) }, 2)
    expect(second.text).toBe('{"again":{"@":[1,0,"a"]},"more":{"@":[1,0,"a","text"]}}')
    expect(second.bytes).toBe(JSON.stringify({ again: part, more: part.text }).length)
    const values = [new Content().decode(JSON.parse(first.text), () => undefined)]
    const read = new Content().decode(JSON.parse(second.text), (id) => values[id - 1])
    expect(read).toEqual({ again: part, more: part.text })
  })

  it('remembers nothing of what was not kept', () => {
    const content = new Content()
    const value = { text: 'y'.repeat(100) }
    content.encode(value, 1, 0)
    content.forget()
    expect(keep(content, value, 2).text).toBe(JSON.stringify(value))
  })

  it('keeps a field named __proto__', () => {
    const value = JSON.parse('{"__proto__":{"a":1},"b":2}')
    const { text } = keep(new Content(), value, 1)
    expect(JSON.stringify(new Content().decode(JSON.parse(text), () => undefined))).toBe(JSON.stringify(value))
  })
})
