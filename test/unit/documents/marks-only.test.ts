import { describe, expect, it } from 'vitest'
import { marksOnly } from '../../../src/documents/marks-only.ts'

const check = marksOnly({ input: 'report', output: 'cited' })
const context = { runId: '', stepId: '', settings: {}, signal: new AbortController().signal }
const verdictOn = (report: string, cited: string) => check.run({ cited }, { ...context, input: { report } })

const REPORT = 'Queues keep messages for four days.\r\n\tUp to 14 [see below] with `a[0]`. 🐘 Ende\n'

describe('marks only', () => {
  it.each([
    ['nothing', REPORT, REPORT],
    ['marks', REPORT, REPORT.replace('days.', 'days.[1]').replace('Ende', 'Ende[2][3, 4]')],
    ['marks at both ends', 'a', '[1]a[2]'],
    ['marks beside those that stood there', 'As [1] says.', 'As [1][2] says.[1]'],
    ['marks between the halves of no character', '🐘🐘', '🐘[1]🐘'],
  ])('takes a text with %s added, which without them is the same byte for byte', async (_, report, cited) => {
    expect(await verdictOn(report, cited)).toEqual({ verdict: 'accept' })
  })

  it('gives the report back byte for byte where its marks are taken out', () => {
    const cited = REPORT.replace('days.', 'days.[1]').replace('Ende', 'Ende[2][3, 4]')
    const stripped = cited.replace(/\[(?:1|2|3, 4)\]/g, '')
    expect(Buffer.from(stripped).equals(Buffer.from(REPORT))).toBe(true)
  })

  it.each([
    ['a blank before a mark', 'a.', 'a. [1]'],
    ['another word', 'four days', 'five days[1]'],
    ['another line end', 'a\r\nb', 'a\nb'],
    ['a composed character', 'e\u0301', '\u00e9'],
    ['less', 'abc', 'ab[1]'],
    ['more', 'abc', 'abc[1]d'],
    ['a mark fewer', 'As [1] says.', 'As  says.'],
    ['a note that is no mark', 'abc', 'abc[note 1]'],
  ])('refuses %s', async (_, report, cited) => {
    const refused = await verdictOn(report, cited)
    expect(refused).toMatchObject({ verdict: 'reject', problems: [expect.stringContaining('add marks')] })
  })

  it('refuses what is no text', async () => {
    expect(await check.run({}, { ...context, input: { report: 'a' } })).toMatchObject({ verdict: 'reject' })
    expect(await check.run({ cited: 'a' }, { ...context, input: null })).toMatchObject({ verdict: 'reject' })
  })
})
