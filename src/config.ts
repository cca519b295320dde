/** The one reader of environment variables. Everything else takes values. */
import * as z from 'zod'
import { InvalidRequest } from './errors.ts'

const Environment = z.object({
  /** Which model answers: `offline`, `bedrock`, `openai:<url>#<model>`, `scripted:<file>`. */
  BATON_MODEL: z.string().optional(),
  /** Folder of all that Baton keeps on this machine. */
  BATON_DATA: z.string().optional(),
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
export function parseEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const parsed = Environment.safeParse(variables)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const name = String(issue?.path[0])
  throw new InvalidRequest({
    message: `The environment variable ${name} is ${JSON.stringify(variables[name])}: ${issue?.message}`,
    next: `Unset ${name}, or give it a value that it may have.`,
    cause: parsed.error,
  })
}
