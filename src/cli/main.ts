#!/usr/bin/env node
/** `baton <verb>`: finds the verb, loads only its file, and turns what it throws into words and an exit code. */
import * as nodeModule from 'node:module'
import type { Command, Parsed } from './command.ts'

// Nothing newer than Node 20 may be imported before this line, so that an old Node gets words instead of a syntax error.
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < 22 || (major === 22 && minor < 18)) {
  process.stderr.write(`error Baton needs Node 22.18 or later; this is ${process.versions.node}\n`)
  process.stderr.write('next  Install a current Node, or in a clone of Baton use `npx baton`, which brings its own.\n')
  process.exit(2)
}
nodeModule.enableCompileCache?.()

const VERBS: Readonly<Record<string, { readonly summary: string; readonly load: () => Promise<Command> }>> = {
  init: {
    summary: 'Make a project of your own from an example',
    load: async () => (await import('./commands/init.ts')).init,
  },
  run: { summary: 'Run a workflow of a team', load: async () => (await import('./commands/run.ts')).run },
  agent: { summary: 'Run one agent alone', load: async () => (await import('./commands/agent.ts')).agent },
  runs: { summary: 'List runs, newest first', load: async () => (await import('./commands/runs.ts')).runs },
  show: {
    summary: 'Show a run: steps, cost, critical path, output',
    load: async () => (await import('./commands/show.ts')).show,
  },
  events: { summary: 'Print what happened in a run', load: async () => (await import('./commands/events.ts')).events },
  resume: {
    summary: 'Go on with a run that was cut off or failed',
    load: async () => (await import('./commands/resume.ts')).resume,
  },
  cancel: { summary: 'Cancel a run', load: async () => (await import('./commands/cancel.ts')).cancel },
  approvals: {
    summary: 'List what waits for a person',
    load: async () => (await import('./commands/approvals.ts')).approvals,
  },
  approve: {
    summary: 'Approve, edit or answer what a run waits for',
    load: async () => (await import('./commands/approve.ts')).approve,
  },
  deny: { summary: 'Deny what a run waits for', load: async () => (await import('./commands/deny.ts')).deny },
  effects: {
    summary: 'List what the tools of a run did, and settle what nobody knows of',
    load: async () => (await import('./commands/effects.ts')).effects,
  },
  explain: {
    summary: 'Say who decided what in a run, why, on what data, allowed by whom',
    load: async () => (await import('./commands/explain.ts')).explain,
  },
  messages: {
    summary: 'List the messages that the agents of a run sent each other',
    load: async () => (await import('./commands/messages.ts')).messages,
  },
  state: {
    summary: 'Show the state that the agents of a run share',
    load: async () => (await import('./commands/state.ts')).state,
  },
  memory: {
    summary: 'Show, search or forget what a team remembers from run to run',
    load: async () => (await import('./commands/memory.ts')).memory,
  },
  replay: {
    summary: 'Run a finished run again from its record, at no cost, and compare',
    load: async () => (await import('./commands/replay.ts')).replay,
  },
  evidence: {
    summary: 'Export what the record of a run shows, by NIST AI 600-1 action',
    load: async () => (await import('./commands/evidence.ts')).evidence,
  },
  audit: {
    summary: 'Export, verify or seal the audit record of a run',
    load: async () => (await import('./commands/audit.ts')).audit,
  },
  fork: {
    summary: 'Go on from a step of a finished run with another model, prompt, limit or input',
    load: async () => (await import('./commands/fork.ts')).fork,
  },
  check: {
    summary: 'Hold a team as it is now against a folder of recorded runs',
    load: async () => (await import('./commands/check.ts')).check,
  },
  diff: {
    summary: 'Compare two runs: outputs, steps, versions, decisions, cost',
    load: async () => (await import('./commands/diff.ts')).diff,
  },
  permissions: {
    summary: 'Say what an agent can do and why, or check that no grant is too wide or unused',
    load: async () => (await import('./commands/permissions.ts')).permissions,
  },
  brake: {
    summary: 'Stop an agent, a workflow, a team or everything for now',
    load: async () => (await import('./commands/brake.ts')).brake,
  },
  budget: {
    summary: 'Show or raise the budget of a run',
    load: async () => (await import('./commands/budget.ts')).budget,
  },
  serve: {
    summary: 'Serve a team over HTTP on this machine',
    load: async () => (await import('./commands/serve.ts')).serve,
  },
  release: {
    summary: 'Release a team on this machine: its code and versions as they are now',
    load: async () => (await import('./commands/release.ts')).release,
  },
  versions: {
    summary: 'List versions and releases, and which release starts take',
    load: async () => (await import('./commands/versions.ts')).versions,
  },
  rollback: {
    summary: 'Have starts take an earlier release',
    load: async () => (await import('./commands/rollback.ts')).rollback,
  },
  canary: {
    summary: 'Try a release on a share of starts, with guards',
    load: async () => (await import('./commands/canary.ts')).canary,
  },
  plan: {
    summary: 'Print the worst case of a team before anything runs',
    load: async () => (await import('./commands/plan.ts')).plan,
  },
  compile: {
    summary: 'Write the state machines and pictures of a team',
    load: async () => (await import('./commands/compile.ts')).compileCommand,
  },
  doctor: {
    summary: 'Check this machine, the model and the team',
    load: async () => (await import('./commands/doctor.ts')).doctor,
  },
}

async function main(words: readonly string[]): Promise<number> {
  const [verb, ...rest] = words
  if (verb === undefined || verb === 'help' || verb === '--help' || verb === '-h') return usage(process.stdout, 0)
  if (verb === '--version' || verb === '-v') {
    process.stdout.write(`${(await import('./version.ts')).VERSION}\n`)
    return 0
  }
  const known = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined
  const json = rest.includes('--json')
  if (!known) {
    const { InvalidRequest } = await import('../errors.ts')
    const { reportError } = await import('./report-error.ts')
    const next = `baton --help. Verbs: ${Object.keys(VERBS).join(', ')}`
    return reportError(new InvalidRequest({ message: `${JSON.stringify(verb)} is no verb of baton`, next }), { json })
  }
  let values: Parsed['values'] = {}
  try {
    const command = await known.load()
    const { helpOf, parseCommand } = await import('./command.ts')
    if (rest.includes('--help') || rest.includes('-h')) {
      process.stdout.write(`${await helpOf(command, rest)}\n`)
      return 0
    }
    const parsed = await parseCommand(command, rest)
    values = parsed.values
    return await command.run(parsed)
  } catch (error) {
    const { reportError } = await import('./report-error.ts')
    return reportError(error, { json, values })
  }
}

function usage(stream: NodeJS.WriteStream, exitCode: number): number {
  const width = Math.max(...Object.keys(VERBS).map((verb) => verb.length))
  const verbs = Object.entries(VERBS).map(([verb, { summary }]) => `  ${verb.padEnd(width)}  ${summary}`)
  const lines = [
    'baton <verb> [options]: teams of AI agents, bounded and provable',
    '',
    ...verbs,
    '',
    'baton <verb> --help says more. Runs are kept in .baton (--data DIR, BATON_DATA), or where a team is deployed:',
    '--outputs FILE (BATON_OUTPUTS), what `cdk deploy --outputs-file` wrote, or --endpoint URL (BATON_ENDPOINT).',
    'Exit codes: 0 done, 1 the run failed or what it needs did not answer, 2 wrong words or input, 3 not found, 4 conflict, 130 interrupted.',
  ]
  stream.write(`${lines.join('\n')}\n`)
  return exitCode
}

// A reader that went away (`baton runs | head`) is no fault.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
}
const exitCode = await main(process.argv.slice(2))
// A model call that a cancelled run no longer waits for must not hold the process.
process.stdout.write('', () => process.exit(exitCode))
