/** Deploys a CDK app to a LocalStack with the plain `cdk` command. Not responsible for what the app declares. */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { delimiter, dirname, join, resolve } from 'node:path'
import * as z from 'zod'
import { localstackEnvironment } from '../src/config.ts'
import { endpointVariables } from './endpoint-variables.ts'
import { LocalStackUnavailable } from './localstack-unavailable.ts'
import { runProgram } from './run-program.ts'

export interface CdkDeployment {
  readonly endpoint: string
  /** The command that synthesises, as in cdk.json: `node infra/app.ts`. @default what cdk.json says */
  readonly app?: string
  /** Whether the `build` of cdk.json runs before. @default true */
  readonly build?: boolean
  /** Where it runs. @default the current folder */
  readonly cwd?: string
  readonly context?: Readonly<Record<string, string>>
  /** Gets what `cdk` writes: the cloud assembly, and the stacks' outputs as `outputs.json`. */
  readonly folder: string
  readonly say?: (line: string) => void
}

/** By stack: the values of its CfnOutputs. */
export type Outputs = Readonly<Record<string, Readonly<Record<string, string>>>>

const Outputs = z.record(z.string(), z.record(z.string(), z.string()))
const PATIENCE_MS = 10 * 60_000
/** Of a failed command's output. */
const LINES_SHOWN = 40

/** @throws LocalStackUnavailable with the end of what `cdk` said. */
export async function deployWithCdk(deployment: CdkDeployment): Promise<{ outputs: Outputs; outputsFile: string }> {
  const { endpoint, app, build = true, context = {}, folder, say = () => {} } = deployment
  await mkdir(folder, { recursive: true })
  if (!(await isBootstrapped(endpoint))) {
    say('cdk bootstrap')
    // Without --app, so that the app is not synthesised for it.
    await cdk(['bootstrap', 'aws://000000000000/us-east-1'], { ...deployment, cwd: folder })
  }
  say('cdk deploy')
  const outputsFile = resolve(folder, 'outputs.json')
  await cdk(
    [
      ...['deploy', '--all', '--require-approval', 'never', '--progress', 'events'],
      ...(app === undefined ? [] : ['--app', app]),
      // A command that does nothing: there is no option to leave the build out.
      ...(build ? [] : ['--build', 'true']),
      ...Object.entries(context).flatMap(([name, value]) => ['--context', `${name}=${value}`]),
      ...['--output', resolve(folder, 'cdk.out'), '--outputs-file', outputsFile],
    ],
    deployment,
  )
  const text = reachable(await readFile(outputsFile, 'utf8'), endpoint)
  await writeFile(outputsFile, text)
  return { outputs: Outputs.parse(JSON.parse(text)), outputsFile }
}

/** LocalStack gives addresses of APIs as host names, which need DNS. The same API answers under a path, too. */
export function reachable(outputs: string, endpoint: string): string {
  return outputs.replaceAll(
    /https?:\/\/(\w+)\.execute-api\.[^"/]+\/(\w+)/g,
    (_, api: string, stage: string) => `${endpoint}/_aws/execute-api/${api}/${stage}`,
  )
}

async function cdk(args: readonly string[], { endpoint, cwd = '.', folder }: CdkDeployment): Promise<void> {
  const program = join(dirname(createRequire(import.meta.url).resolve('aws-cdk/package.json')), 'bin', 'cdk')
  const path = [dirname(process.execPath), localstackEnvironment().PATH].join(delimiter)
  // Nothing of the user's own AWS settings: what is meant for LocalStack must not reach an account.
  const env = {
    ...endpointVariables(endpoint),
    PATH: path,
    HOME: resolve(folder),
    CI: '1',
    CDK_DISABLE_VERSION_CHECK: '1',
  }
  const options = { timeoutMs: PATIENCE_MS, cwd, env }
  const { code, output } = await runProgram(process.execPath, [program, ...args, '--no-notices'], options)
  if (code === 0) return
  throw new LocalStackUnavailable({
    message: `cdk ${args.join(' ')} failed (${code ?? 'killed'}):\n${output.trim().split('\n').slice(-LINES_SHOWN).join('\n')}`,
    next: "Correct what it says; LocalStack's own log says more.",
  })
}

/** Asked by hand: the room has no AWS client, and `cdk bootstrap` takes 10 s to find out. */
async function isBootstrapped(endpoint: string): Promise<boolean> {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization:
        'AWS4-HMAC-SHA256 Credential=test/20200101/us-east-1/cloudformation/aws4_request, SignedHeaders=host, Signature=0',
    },
    body: 'Action=DescribeStacks&Version=2010-05-15&StackName=CDKToolkit',
  })
  return response.ok && (await response.text()).includes('_COMPLETE')
}
