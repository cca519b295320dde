import { describe, expect, it } from 'vitest'
import { relatedTo } from '../../../src/text/related-words.ts'
import { contentWords, indexTerms, stem } from '../../../src/text/words.ts'

describe('words', () => {
  it.each([
    ['retry', 'retries', 'retried'],
    ['function', 'functions'],
    ['invoke', 'invokes', 'invoking', 'invoked'],
    ['encrypt', 'encrypted', 'encryption'],
    ['class', 'classes'],
    ['run', 'running'],
    ['configure', 'configuration', 'configures'],
  ])('brings the forms of %s together', (...forms) => {
    expect(new Set(forms.map(stem)).size).toBe(1)
  })

  it('leaves out stop words, in several languages', () => {
    expect(contentWords('How do I use the queue?')).toEqual(['queue'])
    expect(contentWords('Wie ist das Wetter')).toEqual(['wetter'])
    expect(contentWords('権限を')).toEqual(['権限', '限を'])
    expect(contentWords('')).toEqual([])
  })

  it('finds the parts of identifiers', () => {
    expect(indexTerms('grantReadData')).toEqual(['grantreaddata', 'grant', 'read', 'data'])
    expect(indexTerms('HTTPServer max_items')).toEqual(['httpserver', 'http', 'server', 'max_item', 'max', 'item'])
  })

  it('knows what is said for what', () => {
    expect(relatedTo(stem('permissions'))).toContain(stem('grant'))
    expect(relatedTo('zebra')).toEqual([])
  })
})
