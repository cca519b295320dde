/**
 * Starts LocalStack in a container. Untried where this was written, for lack of an engine; kept small therefore, and the
 * command line is tested. Functions run in containers of their own, which LocalStack starts through the engine's socket.
 */
import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { checkHealth } from './health.ts'
import { type Instance, stopInstance } from './instance.ts'
import { LocalStackUnavailable } from './localstack-unavailable.ts'
import { hostModeFile } from './package-folder.ts'
import { runProgram } from './run-program.ts'

/** The last release whose image asks for no account. */
export const IMAGE = 'localstack/localstack:4.14.0'

/** How containers call a server of this machine. */
export const HOST_NAME = 'host.docker.internal'

const ASK_PATIENCE_MS = 10_000
/** Includes the download of the image. */
const PULL_PATIENCE_MS = 15 * 60_000
const START_PATIENCE_MS = 120_000
const POLL_MS = 500

export async function dockerAnswers(): Promise<boolean> {
  const { code } = await runProgram('docker', ['version', '--format', '{{.Server.Version}}'], {
    timeoutMs: ASK_PATIENCE_MS,
  })
  return code === 0
}

export function containerName(port: number): string {
  return `baton-localstack-${port}`
}

export function dockerArguments({ port, arch }: { readonly port: number; readonly arch: string }): string[] {
  const startScript = hostModeFile('adapt_in_container.py')
  const hostName = `--add-host=${HOST_NAME}:host-gateway`
  const variables = {
    GATEWAY_LISTEN: `0.0.0.0:${port}`,
    LOCALSTACK_HOST: `127.0.0.1:${port}`,
    DISABLE_EVENTS: '1',
    // Functions are declared for ARM: an Intel engine without emulation runs their JavaScript all the same.
    ...(arch === 'arm64' ? {} : { LAMBDA_IGNORE_ARCHITECTURE: '1' }),
    LAMBDA_DOCKER_FLAGS: hostName,
    LAMBDA_RUNTIME_ENVIRONMENT_TIMEOUT: '120',
  }
  return [
    ...['run', '--detach', '--rm', '--name', containerName(port)],
    ...['--publish', `127.0.0.1:${port}:${port}`],
    ...['--volume', '/var/run/docker.sock:/var/run/docker.sock'],
    // What host mode corrects, is corrected here too.
    ...['--volume', `${dirname(startScript)}:/opt/baton:ro`],
    ...['--volume', `${startScript}:/etc/localstack/init/start.d/baton.py:ro`],
    hostName,
    ...Object.entries(variables).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    IMAGE,
  ]
}

export async function startDocker({ port, detached }: { port: number; detached: boolean }): Promise<Instance> {
  const container = containerName(port)
  const args = dockerArguments({ port, arch: process.arch })
  const { code, output } = await runProgram('docker', args, { timeoutMs: PULL_PATIENCE_MS })
  if (code !== 0)
    throw new LocalStackUnavailable({
      message: `docker ${args.join(' ')} failed:\n${output.trim()}`,
      next: 'Correct what Docker says; or use host mode (BATON_LOCALSTACK_MODE=host).',
    })
  const instance: Instance = { mode: 'docker', endpoint: `http://127.0.0.1:${port}`, container }
  if (!detached) removeWithUs(container)
  for (let waited = 0; waited < START_PATIENCE_MS; waited += POLL_MS) {
    if ((await checkHealth(instance.endpoint)).healthy) return instance
    await sleep(POLL_MS)
  }
  const log = await runProgram('docker', ['logs', '--tail', '20', container], { timeoutMs: ASK_PATIENCE_MS })
  await stopInstance(instance)
  throw new LocalStackUnavailable({
    message: `LocalStack did not start in its container:\n${log.output.trim()}`,
    next: 'Correct what its log says; or use host mode (BATON_LOCALSTACK_MODE=host).',
  })
}

/** A shell that waits for the end of its input, which is ours: the container goes even where this process is killed. */
function removeWithUs(container: string): void {
  const script = 'cat > /dev/null; docker rm --force "$0" > /dev/null 2>&1'
  const child = spawn('sh', ['-c', script, container], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] })
  child.unref()
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref()
}
