/** The file that `cdk deploy --outputs-file FILE` writes: `{ stackName: { ApiUrl, Region, Team, … } }`. */
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { InvalidRequest, NotFound } from '../../errors.ts'
import { parseJson } from '../../schema/parse-json.ts'

export interface DeployedStack {
  readonly stack: string
  readonly url: string
  readonly region?: string
  readonly team?: string
}

/** CDK knows the outputs of every stack of an app: those of other stacks are none of our business. */
const OutputsFile = z.record(z.string(), z.record(z.string(), z.unknown()))
const Outputs = z.object({
  ApiUrl: z.string(),
  Region: z.string().min(1).optional(),
  Team: z.string().min(1).optional(),
})

/**
 * @param stack Which one, where the file has several teams.
 * @throws InvalidRequest for a file that is none, or that leaves open which stack; NotFound where that stack is not in it.
 */
export function readOutputs(file: string, stack?: string): DeployedStack {
  const stacks = stacksIn(file)
  const names = stacks.map((one) => one.stack)
  if (stack !== undefined) {
    const named = stacks.find((one) => one.stack === stack)
    if (named) return named
    throw new NotFound({
      message: `${file} has no team in a stack named ${JSON.stringify(stack)}`,
      next: names.length === 0 ? DEPLOY : `Name one of: ${names.join(', ')}`,
    })
  }
  const [only, ...others] = stacks
  if (only === undefined)
    throw new InvalidRequest({ message: `${file} has no stack with an output ApiUrl`, next: DEPLOY })
  if (others.length === 0) return only
  throw new InvalidRequest({
    message: `${file} has ${stacks.length} stacks with a team`,
    next: `Name one of them with --stack NAME: ${names.join(', ')}`,
  })
}

const DEPLOY = 'Write it with: npx cdk deploy --outputs-file cdk-outputs.json'

function stacksIn(file: string): DeployedStack[] {
  const read = parseJson(textOf(file))
  const parsed = OutputsFile.safeParse(read.ok ? read.value : undefined)
  if (!parsed.success) {
    const why = read.ok ? 'it holds no outputs by stack' : read.message
    throw new InvalidRequest({ message: `${file} is no outputs file of cdk deploy: ${why}`, next: DEPLOY })
  }
  return Object.entries(parsed.data).flatMap(([stack, all]) => {
    const outputs = Outputs.safeParse(all)
    if (!outputs.success) return []
    const { ApiUrl: url, Region: region, Team: team } = outputs.data
    return [{ stack, url, ...(region === undefined ? {} : { region }), ...(team === undefined ? {} : { team }) }]
  })
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new InvalidRequest({
      message: `The outputs file ${file} cannot be read: ${(error as Error).message}`,
      next: DEPLOY,
      cause: error,
    })
  }
}
