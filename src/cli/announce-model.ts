/** Says which model is active and how to change it, before anything runs. */
import { painter, printable } from './format.ts'
import type { ActiveModel } from './session.ts'

export function announceModel({ description, howToChange }: ActiveModel): void {
  const paint = painter(process.stderr)
  process.stderr.write(
    `${paint('cyan', 'model')} ${printable(description)}\n${paint('dim', `      ${howToChange}`)}\n\n`,
  )
}
