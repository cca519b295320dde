/** How long until something happens: importing the library and finishing a first agent; `npm start` until its first agent. */
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { figure, heading } from './report.ts'
import { median } from './team.ts'

const ROUNDS = 7

/** From the start of Node until the built library has run one agent. */
function firstAgent(): number {
  const started = performance.now()
  const { status, stderr } = spawnSync(process.execPath, ['bench/first-agent.js'], { encoding: 'utf8' })
  if (status !== 0) throw new Error(stderr)
  return performance.now() - started
}

function bareNode(): number {
  const started = performance.now()
  spawnSync(process.execPath, ['-e', '0'])
  return performance.now() - started
}

/** As a user types it, npm included, until the first agent has started. */
async function npmStart(): Promise<number> {
  const data = mkdtempSync(join(tmpdir(), 'baton-bench-'))
  const started = performance.now()
  const child = spawn('npm', ['start', '--silent', '--', '--data', data], { stdio: ['ignore', 'ignore', 'pipe'] })
  const ms = await new Promise<number>((resolve) => {
    let text = ''
    child.stderr.on('data', (piece: Buffer) => {
      text += piece
      if (/ started \(/.test(text)) resolve(performance.now() - started)
    })
  })
  await new Promise((resolve) => child.on('close', resolve))
  rmSync(data, { recursive: true, force: true })
  return ms
}

heading('start-up, built library')
const [node, agent, start]: [number[], number[], number[]] = [[], [], []]
for (let round = 0; round < ROUNDS; round++) {
  node.push(bareNode())
  agent.push(firstAgent())
  start.push(await npmStart())
}
figure('node itself', median(node), 'ms')
figure('importing the library and finishing a first agent', median(agent) - median(node), 'ms', 250)
figure('npm start until the first agent starts', median(start), 'ms', 1_000)
