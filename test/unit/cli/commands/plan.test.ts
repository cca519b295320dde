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
