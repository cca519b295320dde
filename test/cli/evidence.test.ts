import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { baton, scratch } from './baton.ts'

const TEAM = join(import.meta.dirname, '../../examples/triage/team.ts')

it('exports what a run shows, by action or on a card', async () => {
  const data = ['--data', join(scratch(), 'data')]
  await baton(['run', '--team', TEAM, ...data])
  const all = await baton(['evidence', 'latest', ...data])
  expect([all.code, all.stderr]).toEqual([0, ''])
  expect(all.stdout).toMatch(/MS-2\.8-003 +\d+ rows +[0-9a-f]{12} +\{"status":"intact"/)
  expect(all.stdout).toMatch(/MS-4\.2-004 +no evidence/)

  const file = join(scratch(), 'evidence.json')
  await baton(['evidence', 'latest', '--id', 'MG-2.4-004, MS-4.2-004', '--json', '--out', file, ...data])
  const { items } = JSON.parse(readFileSync(file, 'utf8')) as { items: { id: string; status: string }[] }
  expect(items.map(({ id, status }) => [id, status])).toEqual([
    ['MG-2.4-004', 'evidence'],
    ['MS-4.2-004', 'no evidence'],
  ])

  const [card, nowhere] = await Promise.all([
    baton(['evidence', 'latest', '--card', ...data]),
    baton(['evidence', 'latest', '--out', '/nowhere/at/all.json', ...data]),
  ])
  expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringContaining('cannot be written')])
  expect(card.stdout).toMatch(/^# Auditability card: run /)
  expect(card.stdout).toContain('offline answered in its place')
})

it('refuses what is no action, and a card of some actions, before it looks for the run', async () => {
  const unknown = await baton(['evidence', 'latest', '--id', 'GV-1.1-002'])
  expect([unknown.code, unknown.stderr]).toEqual([2, expect.stringContaining('GV-1.1-001')])
  const both = await baton(['evidence', 'latest', '--id', 'MS-4.2-004', '--card'])
  expect([both.code, both.stderr]).toEqual([2, expect.stringContaining('--id or --card')])
})
