import { expect, it, vi } from 'vitest'
import { plan } from '../../../../src/cli/commands/plan.ts'

it('prints answers, and calls with every try, side by side', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)

  await plan.run({ values: { team: 'examples/triage/team.ts', model: 'offline' }, positionals: [] })

  const printed = write.mock.calls.map(([text]) => String(text)).join('')
  write.mockRestore()
  expect(printed).toMatch(/runs +answers +model calls/)
  expect(printed).toMatch(/sort +triage +1 +8 +32 /)
})

it('prints the worst that an envelope allows, whatever a planner will propose', async () => {
  const write = vi.spyOn(process.stdout, 'write').mockReturnValue(true)

  await plan.run({ values: { team: 'test/golden/adaptive.team.ts', model: 'offline' }, positionals: [] })

  const printed = write.mock.calls.map(([text]) => String(text)).join('')
  write.mockRestore()
  // Three plans at most; two shapes, each two layers deep and two parts wide; once the synthesizer, once as arbiter.
  const [, note = ''] = printed.split('note, at worst')
  expect(note).toMatch(/note-plan +planner +3 /)
  expect(note).toMatch(/note-do-analyst +analyst +4 /)
  expect(note).toMatch(/note-merge +editor +1 /)
  expect(note).toMatch(/all +8 +64 +256 /)
})
