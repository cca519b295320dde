/** Says which team is asked, where, and whether as whom, before anything begins. */
import { painter, printable } from '../format.ts'
import type { RemoteTarget } from './remote-target.ts'

export function announceTeam(team: string, { url, signing }: RemoteTarget): void {
  const paint = painter(process.stderr)
  const how = signing === undefined ? 'not signed' : `signed with your AWS credentials for ${signing.region}`
  process.stderr.write(`${paint('cyan', 'team')}  ${printable(team)} at ${url}\n${paint('dim', `      ${how}`)}\n\n`)
}
