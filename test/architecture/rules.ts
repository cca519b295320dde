/** The import law and the budget, as data. docs/architecture.md says why. */

/** Lines a file may have at most, tests and docs included; generated files aside. */
export const FILE_LINES = 400

/** Bytes likewise: 120 columns a line. */
export const FILE_BYTES = 120 * FILE_LINES

/** Files that a program writes. */
export const GENERATED = ['package-lock.json', 'statemachines/', 'docs/pictures/']

/** Rooms at the bottom: everything may import them; each may import only those before it. */
export const FOUNDATION = ['schema', 'errors', 'config', 'clock', 'crash-point', 'sqlite', 'define']

/** Which other rooms a room may import, beside the foundation. A room that is not here may not exist. */
export const ROOMS: Readonly<Record<string, readonly string[]>> = {
  schema: [],
  errors: [],
  config: ['errors'],
  clock: [],
  'crash-point': ['config'],
  sqlite: ['errors'],
  define: ['schema', 'errors'],
  workflow: [],
  text: [],
  models: ['text'],
  records: ['audit'],
  audit: [],
  tools: ['records', 'audit'],
  budget: ['records', 'audit'],
  breaker: ['records', 'audit'],
  brake: ['records', 'audit'],
  approval: ['records', 'audit', 'workflow'],
  /** Several answers to one question: pure. */
  conflict: ['audit'],
  /** Which shape a graph of work is run in: pure. */
  topology: ['text'],
  /** What agents do together, settled in code. */
  coordination: ['records', 'audit', 'text', 'conflict', 'state', 'topology'],
  /** Messages between agents: how they are kept, not what they say. */
  mailbox: ['records', 'audit', 'tools'],
  /** Shared state of a run: how it is kept, not what it holds. */
  state: ['records', 'audit', 'tools'],
  /** Versions of a team's contents, and which release a start takes: how they are kept, not who may move them. */
  versions: ['records', 'audit'],
  /** What teams remember across runs: how it is kept and found, not who may. */
  memory: ['records', 'audit', 'tools', 'text'],
  documents: ['text'],
  /** Built-in tools for what users have already: they are made with `defineTool` like anybody's. */
  integrations: [],
  permissions: [],
  telemetry: [],
  agent: [
    'models',
    'tools',
    'records',
    'audit',
    'budget',
    'breaker',
    'brake',
    'approval',
    'mailbox',
    'state',
    'memory',
  ],
  api: [
    'records',
    'workflow',
    'agent',
    'audit',
    'tools',
    'budget',
    'brake',
    'approval',
    'coordination',
    'state',
    'mailbox',
    'versions',
  ],
  host: ['api', 'engine', 'models'],
  engine: [
    'workflow',
    'agent',
    'records',
    'models',
    'api',
    'audit',
    'tools',
    'budget',
    'breaker',
    'brake',
    'approval',
    'permissions',
    'versions',
    'memory',
  ],
  cli: [
    'engine',
    'api',
    'workflow',
    'records',
    'models',
    'agent',
    'audit',
    'permissions',
    'budget',
    'brake',
    'approval',
    'replay',
    'versions',
    'memory',
  ],
  /** A recorded run, run again: from its record alone, in memory. */
  replay: [
    'engine',
    'api',
    'workflow',
    'records',
    'models',
    'agent',
    'audit',
    'tools',
    'budget',
    'approval',
    'testing',
    'mailbox',
    'state',
  ],
  testing: ['models', 'records', 'engine', 'agent', 'workflow', 'api', 'tools', 'mailbox', 'versions', 'memory'],
  index: ['workflow'],
}

/**
 * What belongs to an adapter, by the start of its files' names: only the adapter itself, hosts, tests and the chooser may
 * import it, so that no other room comes to depend on what stands behind a port.
 */
export const ADAPTERS = [
  'models/bedrock',
  'models/openai-',
  'models/scripted',
  'models/offline/',
  'records/sqlite',
  'records/dynamodb',
  'records/artifacts-folder',
  'records/artifacts-s3',
  'records/seals-s3',
  'memory/energetic-',
]
export const ADAPTER_USERS = ['models/choose', 'engine/host', 'cli/', 'testing/']

/** Packages that the core may import. A new one is a decision. */
export const PACKAGES = [
  /^node:/,
  /^zod$/,
  /^jsonata$/,
  /^canonicalize$/,
  /^minisearch$/,
  /^log-update$/,
  /^@dagrejs\/dagre$/,
  /^@pydantic\/genai-prices$/,
  /^hono(\/|$)/,
  /^@hono\/node-server$/,
  /^aws4fetch$/,
  /^eventsource-parser$/,
  // Optional, imported where it is asked for.
  /^@energetic-ai\/(embeddings|model-embeddings-en)$/,
  // An optional peer, loaded by `baton release` alone.
  /^esbuild$/,
  /^@(aws-sdk|smithy)\//,
]

/** Files that may import the AWS SDK carry the service's name. */
export const AWS_FILES = /(aws|bedrock|dynamodb|lambda|s3|step-functions|sts)[a-z-]*\.ts$/

/** Files that read the environment: the one, and what stands in for Lambda's own runtime. */
export const ENVIRONMENT_READERS = ['localstack/host-mode/lambda-runtime.mjs', 'src/config.ts']

/** The one file that imports what a user names at run time, and the one that writes the head of a bundle. */
export const COMPUTED_IMPORTS = ['src/cli/load-team.ts', 'src/cli/released/bundle-team.ts']

/**
 * Rooms beside `src`: what of `src` each may import (`*`: anything), and which packages. Between these rooms nothing is
 * imported, but that `infra` names the functions by their path.
 */
export const OUTER_ROOMS: Readonly<
  Record<string, { readonly src: readonly string[]; readonly packages: readonly RegExp[] }>
> = {
  functions: {
    src: ['*'],
    packages: [
      /^node:/,
      /^zod$/,
      /^hono(\/|$)/,
      /^@aws-sdk\//,
      /^@smithy\//,
      /^@aws-lambda-powertools\//,
      /^aws-lambda$/,
    ],
  },
  infra: {
    src: ['schema', 'errors', 'define', 'config', 'workflow', 'permissions', 'telemetry', 'models', 'api'],
    // The package itself: infra/app.ts is a user's app.
    packages: [/^node:/, /^zod$/, /^aws-cdk-lib(\/|$)/, /^constructs$/, /^esbuild$/, /^baton(\/|$)/],
  },
  localstack: { src: ['errors', 'config', 'schema'], packages: [/^node:/, /^zod$/] },
}
