/**
 * The names by which log lines and metrics are known outside: OpenTelemetry's where it has one, else ours. A name here is
 * wire format for queries, dashboards and alarms. Says nothing about which row gives which.
 */

/** All of it has the status "Development": names may change with the next version. */
export const GENAI_CONVENTIONS = 'OpenTelemetry semantic-conventions-genai 0.1.0, on semantic-conventions 1.45.0'

export const GENAI = {
  operationName: 'gen_ai.operation.name',
  /** The run: everything that its agents say to each other is one conversation. */
  conversationId: 'gen_ai.conversation.id',
  agentName: 'gen_ai.agent.name',
  agentVersion: 'gen_ai.agent.version',
  providerName: 'gen_ai.provider.name',
  requestModel: 'gen_ai.request.model',
  requestMaxTokens: 'gen_ai.request.max_tokens',
  requestTemperature: 'gen_ai.request.temperature',
  finishReasons: 'gen_ai.response.finish_reasons',
  /** All that went in, what was read from or written to the prompt cache included. */
  inputTokens: 'gen_ai.usage.input_tokens',
  outputTokens: 'gen_ai.usage.output_tokens',
  cacheReadTokens: 'gen_ai.usage.cache_read.input_tokens',
  cacheCreationTokens: 'gen_ai.usage.cache_creation.input_tokens',
  toolName: 'gen_ai.tool.name',
  toolType: 'gen_ai.tool.type',
  toolCallId: 'gen_ai.tool.call.id',
  errorType: 'error.type',
  /** Content: on request only. */
  outputMessages: 'gen_ai.output.messages',
  toolCallResult: 'gen_ai.tool.call.result',
} as const

export const GENAI_OPERATION = {
  workflow: 'invoke_workflow',
  agent: 'invoke_agent',
  chat: 'chat',
  tool: 'execute_tool',
} as const

/** By adapter. Of what is no provider that the conventions know, the name is ours. */
export const GENAI_PROVIDER: Readonly<Record<string, string>> = {
  bedrock: 'aws.bedrock',
  openai: 'openai',
}

/** Beyond the conventions. */
export const BATON = {
  costUsd: 'baton.cost_usd',
  /** 1 where the model's price is not known; there is no cost then, rather than one of 0. */
  costUnknown: 'baton.cost_unknown',
  durationMs: 'baton.duration_ms',
  execution: 'baton.execution',
  agentSha256: 'baton.agent.sha256',
  toolEffect: 'baton.tool.effect',
  /** How many sources were read; what they are is content. */
  sources: 'baton.sources',
  options: 'baton.options',
  /** Id of what a person was asked. */
  approval: 'baton.approval',
  stepTurns: 'baton.step.turns',
  stepToolCalls: 'baton.step.tool_calls',
  stepInputTokens: 'baton.step.input_tokens',
  stepOutputTokens: 'baton.step.output_tokens',
  stepCostUsd: 'baton.step.cost_usd',
  chains: 'baton.chains',
  release: 'baton.release',
  releaseBefore: 'baton.release.before',
  canaryRelease: 'baton.canary.release',
  canaryPercent: 'baton.canary.percent',
  pointerRevision: 'baton.pointer.revision',
  /** What was found of the record that may never be. */
  fault: 'baton.fault',
  workflow: 'baton.workflow',
  operation: 'baton.operation',
  runTurns: 'baton.run.turns',
  runInputTokens: 'baton.run.input_tokens',
  runOutputTokens: 'baton.run.output_tokens',
  runCostUsd: 'baton.run.cost_usd',
  errorFrames: 'baton.error.frames',
  /** Content: on request only. */
  sourceUris: 'baton.source_uris',
  output: 'baton.output',
  problems: 'baton.problems',
  errorMessage: 'baton.error.message',
} as const

/** Where the line belongs: the place of its row in the journal, and what stands in every row. */
export const PLACE = {
  run: 'run',
  step: 'step',
  agent: 'agent',
  attempt: 'attempt',
  seq: 'seq',
  event: 'event',
  at: 'at',
  turn: 'turn',
  status: 'status',
  rule: 'rule',
  reason: 'reason',
  /** Of the row, hexadecimal: a line and its row vouch for each other. */
  hash: 'hash',
} as const
