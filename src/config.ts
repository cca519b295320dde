/** The one reader of environment variables. Everything else takes values. */
import * as z from 'zod'
import { InvalidRequest } from './errors.ts'

const Environment = z.object({
  /** Which model answers: `offline`, `bedrock`, `openai:<url>#<model>`, `scripted:<file>`. */
  BATON_MODEL: z.string().optional(),
  /** Folder of all that Baton keeps on this machine. */
  BATON_DATA: z.string().optional(),
  /** URL of a deployed team's API, or of `baton serve`, in place of the data folder. */
  BATON_ENDPOINT: z.string().optional(),
  /** The file that `cdk deploy --outputs-file` wrote, likewise. */
  BATON_OUTPUTS: z.string().optional(),
  BATON_OPENAI_API_KEY: z.string().optional(),
  BATON_PRICES: z.string().optional(),
  /** SQLite's synchronous level: NORMAL survives the death of the process, FULL a power loss too. */
  BATON_SYNCHRONOUS: z.enum(['NORMAL', 'FULL']).optional(),
  /** For fault tests: the name of a crash point, and which arrival there kills the process, e.g. `journal.turn:2`. */
  BATON_CRASH_AT: z.string().optional(),
  /** For contract tests: where a DynamoDB answers. */
  BATON_TEST_DYNAMODB_ENDPOINT: z.string().optional(),
  AWS_REGION: z.string().optional(),
  AWS_DEFAULT_REGION: z.string().optional(),
})
export type Environment = z.infer<typeof Environment>

let cached: Environment | undefined

/** @throws InvalidRequest where a variable has an impossible value. */
export function environment(): Environment {
  cached ??= parseEnvironment(process.env)
  return cached
}

/** @throws InvalidRequest naming the first variable that has an impossible value, and what it may be. */
export function parseEnvironment(variables: Variables): Environment {
  return parseVariables(Environment, variables)
}

type Variables = Readonly<Record<string, string | undefined>>

/** The variable that holds a secret on this machine, e.g. `BATON_SECRET_SHOP_TOKEN` for `shop-token`. */
export function secretVariable(name: string): string {
  return `BATON_SECRET_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`
}

/** Its value, where it has one. Read anew each time, and kept nowhere. */
export function secretFromEnvironment(name: string, variables: Variables = process.env): string | undefined {
  return variables[secretVariable(name)] || undefined
}

// Deployed functions: what the constructs of `infra` set for each. --------------------------------------------------------

const name = z.string().min(1)
const arn = z.string().regex(/^arn:/, 'an ARN is expected')
const yes = z.enum(['true', 'false']).optional()

const Stores = {
  BATON_RECORDS_TABLE: name,
  BATON_JOURNAL_TABLE: name,
  BATON_ARTIFACTS_BUCKET: name,
}

const Logging = {
  /** Lines below it are left out: above INFO, rows are missing in the log. */
  BATON_LOG_LEVEL: z.enum(['DEBUG', 'INFO', 'WARN', 'ERROR']).optional(),
  /** Whether what models and tools say goes to the log. */
  BATON_LOG_CONTENT: yes,
}

/** JSON text of `{tool: ARN of its function's version}`. */
const ToolFunctions = z
  .string()
  .transform((text, context): unknown => {
    try {
      return JSON.parse(text)
    } catch (error) {
      context.addIssue(`no JSON: ${(error as Error).message}`)
      return z.NEVER
    }
  })
  .pipe(z.record(z.string(), arn))

const AgentEnvironment = z.object({
  ...Stores,
  /** The agent that this function is. */
  BATON_AGENT: name,
  /** As on the command line. */
  BATON_MODEL: z.string().default('bedrock'),
  BATON_OPENAI_API_KEY: z.string().optional(),
  /** Assumed at each invocation. Absent: the function's own credentials are used. */
  BATON_RUN_ROLE_ARN: arn.optional(),
  BATON_TOOL_FUNCTIONS: ToolFunctions.optional(),
  /** Set by Lambda. */
  AWS_REGION: name,
  ...Logging,
})
export type AgentEnvironment = z.infer<typeof AgentEnvironment>

const ToolEnvironment = z.object({
  /** The isolated tool that this function is. */
  BATON_TOOL: name,
})
export type ToolEnvironment = z.infer<typeof ToolEnvironment>

const ControlEnvironment = z.object({
  ...Stores,
  /** Which model the agents ask, for the record. */
  BATON_MODEL: z.string().default('bedrock'),
  /** Stops a cancelled execution after its grace time. */
  BATON_CANCEL_MACHINE_ARN: arn.optional(),
  /** Where its runs are sealed, and with which key: for who reads seals. */
  BATON_SEALS_BUCKET: name.optional(),
  BATON_SEAL_KEY_ARN: arn.optional(),
  ...Logging,
})
export type ControlEnvironment = z.infer<typeof ControlEnvironment>

const SealEnvironment = z.object({
  BATON_JOURNAL_TABLE: name,
  BATON_SEALS_BUCKET: name,
  BATON_SEAL_KEY_ARN: arn,
  ...Logging,
})
export type SealEnvironment = z.infer<typeof SealEnvironment>

const ReleaseEnvironment = z.object({ BATON_RECORDS_TABLE: name, ...Logging })
export type ReleaseEnvironment = z.infer<typeof ReleaseEnvironment>

/**
 * For stages of tests whose AWS enforces no IAM: where the policies of the roles are told, for the functions to hold
 * themselves to. It can only take rights away. Never set in an account.
 */
export function policySource(variables: Variables = process.env): string | undefined {
  return variables['BATON_POLICIES'] || undefined
}

/** @throws InvalidRequest, as the others: names the first variable that is missing or impossible. */
export function agentEnvironment(variables: Variables = process.env): AgentEnvironment {
  return parseVariables(AgentEnvironment, variables)
}

export function toolEnvironment(variables: Variables = process.env): ToolEnvironment {
  return parseVariables(ToolEnvironment, variables)
}

/** Of the functions that start, look at and end runs. */
export function controlEnvironment(variables: Variables = process.env): ControlEnvironment {
  return parseVariables(ControlEnvironment, variables)
}

export function sealEnvironment(variables: Variables = process.env): SealEnvironment {
  return parseVariables(SealEnvironment, variables)
}

export function releaseEnvironment(variables: Variables = process.env): ReleaseEnvironment {
  return parseVariables(ReleaseEnvironment, variables)
}

// The LocalStack harness: of this machine, and what a user may say. --------------------------------------------------------

const LocalstackEnvironment = z.object({
  /** An instance that runs already. */
  LOCALSTACK_ENDPOINT: z.url().optional(),
  /** How an instance is started, where none runs: whatever this machine bears, if absent. */
  BATON_LOCALSTACK_MODE: z.enum(['docker', 'host']).optional(),
  /** Processes of one function at a time, in host mode. More invocations wait. */
  BATON_LOCALSTACK_ENVIRONMENTS: z.coerce.number().int().min(1).max(1000).optional(),
  /** Where Java archives are downloaded from. */
  BATON_MAVEN_URL: z.url().default('https://repo1.maven.org/maven2'),
  XDG_CACHE_HOME: z.string().min(1).optional(),
  PATH: z.string().default('/usr/local/bin:/usr/bin:/bin'),
  PYENV_ROOT: z.string().min(1).optional(),
  JAVA_HOME: z.string().min(1).optional(),
})
export type LocalstackEnvironment = z.infer<typeof LocalstackEnvironment>

export function localstackEnvironment(variables: Variables = process.env): LocalstackEnvironment {
  return parseVariables(LocalstackEnvironment, variables)
}

function parseVariables<T extends z.ZodType>(schema: T, variables: Variables): z.output<T> {
  const parsed = schema.safeParse(variables)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const variable = String(issue?.path[0])
  const given = variables[variable]
  const what = given === undefined ? 'is missing' : `is ${JSON.stringify(given)}: ${issue?.message}`
  throw new InvalidRequest({
    message: `The environment variable ${variable} ${what}`,
    next:
      given === undefined
        ? `Set ${variable}; a deployment by Baton's constructs does.`
        : `Unset ${variable}, or give it a value that it may have.`,
    cause: parsed.error,
  })
}
