/** The one reader of environment variables. Everything else takes values. */
import * as z from 'zod'

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
  NO_COLOR: z.string().optional(),
  FORCE_COLOR: z.string().optional(),
  TERM: z.string().optional(),
})
export type Environment = z.infer<typeof Environment>

let cached: Environment | undefined

/** @throws ZodError where a variable has an impossible value. */
export function environment(): Environment {
  cached ??= Environment.parse(process.env)
  return cached
}
