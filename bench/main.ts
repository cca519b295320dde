/**
 * `npm run bench [section…]`: what Baton itself costs. Each section runs in a process of its own, warmed up, and takes the
 * median of several rounds; ratios are taken within one run, as machines differ.
 */
import { spawnSync } from 'node:child_process'

const SECTIONS = [
  'model-call',
  'safeguards',
  'permissions',
  'audit',
  'durable-step',
  'hand-off',
  'fan-out',
  'memory',
  'team-memory',
  'long-run',
  'start-up',
  'size',
  'topology',
]

const chosen = process.argv.slice(2)
let failed = false
for (const section of chosen.length > 0 ? chosen : SECTIONS) {
  if (!SECTIONS.includes(section)) throw new Error(`no section ${section}; there are ${SECTIONS.join(', ')}`)
  const { status } = spawnSync(process.execPath, ['--conditions=baton-source', `bench/${section}.ts`], {
    stdio: 'inherit',
  })
  failed ||= status !== 0
}
process.exitCode = failed ? 1 : 0
