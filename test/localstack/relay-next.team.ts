/** What follows relay.team.ts: another version of the agent, and another last step. */
import { relayTeam } from './support/relay.ts'

export default relayTeam({ version: '2.0.0', last: 'new-last' })
