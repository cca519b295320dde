/** The processes that kill-people.test.ts kills: `work` starts or resumes the run, `decide` approves what waits, once. */
import { appendFileSync } from 'node:fs'
import { ASKING_SCRIPT, askingTeam } from './asking-team.ts'
import { hostOn, peopleOn, RUN } from './people-host.ts'

const [mode, folder = '', log = ''] = process.argv.slice(2)
const team = askingTeam((to) => appendFileSync(log, `${to}\n`))
if (mode === 'work') {
  const host = hostOn(folder, team, ASKING_SCRIPT)
  const known = await host.stores.runs.read(RUN)
  const { ended } = await (known === undefined ? host.start('main') : host.resume(RUN))
  const { status, output, execution } = await ended
  console.log(JSON.stringify({ status, output, execution }))
  await host.close()
} else {
  const people = peopleOn(folder, team)
  for (const asked of await people.pending()) await people.say(asked)
  people.close()
}
