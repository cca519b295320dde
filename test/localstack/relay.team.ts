/** A team of one agent, deployed twice: as this, and as relay-next.team.ts. */
import { relayTeam } from './support/relay.ts'

export default relayTeam({ version: '1.0.0', last: 'last' })
