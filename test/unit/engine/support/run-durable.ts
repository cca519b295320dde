/** The process that kill.test.ts kills: starts or resumes the durable machine on a file, and logs each call to another. */
import { appendFileSync } from 'node:fs'
import { openHistory } from '../../../../src/engine/history-store.ts'
import { CHILD, CHILD_ARN, DURABLE, durableFunctions } from './durable-machine.ts'
import { harness, MACHINE_ARN } from './harness.ts'

const [database = '', log = ''] = process.argv.slice(2)
const history = openHistory({ path: database, synchronous: 'NORMAL' })
const functions = durableFunctions((key) => appendFileSync(log, `${key}\n`))
const { engine } = harness({ history, functions, machines: [{ arn: CHILD_ARN, definition: CHILD }] })
const start = { name: 'run', machineArn: MACHINE_ARN, definition: DURABLE, input: {} }
const { done } = await (history.find('run') === undefined ? engine.start(start) : engine.resume('run'))
console.log(JSON.stringify(await done))
