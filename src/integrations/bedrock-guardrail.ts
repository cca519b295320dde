/** `bedrockGuardrail`: a guardrail of Amazon Bedrock, asked about text by ApplyGuardrail, whichever model answers. */
import type { ApplyGuardrailCommandOutput } from '@aws-sdk/client-bedrock-runtime'
import { defineGuardrail, type Guardrail, type GuardrailContext, type Passing } from '../define/guardrail.ts'
import { ModelUnavailable } from '../errors.ts'
import type { GuardrailPlace, GuardrailVerdict } from '../schema/guardrail.ts'
import { mapTexts } from './content-texts.ts'

interface BedrockGuardrailOptions {
  /** `arn:aws:bedrock:<region>:<account>:guardrail/<id>`: the agent's role may apply exactly this one. */
  readonly arn: string
  /** Number, or DRAFT. */
  readonly version: string
  /** @default 'bedrock' */
  readonly name?: string
  /** @default what goes into a model and what comes out of it */
  readonly at?: readonly GuardrailPlace[]
  readonly tools?: readonly string[]
  /** For tests. @default the region's own */
  readonly endpoint?: string
}

const DEFAULT_AT: readonly GuardrailPlace[] = ['model.before', 'model.after']

export function bedrockGuardrail(options: BedrockGuardrailOptions): Guardrail {
  const { arn, version, name = 'bedrock', at = DEFAULT_AT, tools } = options
  return defineGuardrail({
    name,
    version: '1.0.0',
    description: `guardrail ${arn}, version ${version}, of Amazon Bedrock`,
    at,
    ...(tools && { tools }),
    grants: [{ actions: ['bedrock:ApplyGuardrail'], resources: [arn] }],
    run: async (passing, context) => {
      const texts = textsIn(passing)
      if (texts.length === 0) return { verdict: 'proceed' }
      const isInput = passing.at === 'model.before' || passing.at === 'tool.after'
      return verdictOn(await apply(options, isInput ? 'INPUT' : 'OUTPUT', texts, context), passing, texts)
    },
  })
}

async function apply(
  { arn, version, endpoint }: BedrockGuardrailOptions,
  source: 'INPUT' | 'OUTPUT',
  texts: readonly string[],
  { credentials, signal }: GuardrailContext,
): Promise<ApplyGuardrailCommandOutput> {
  const { ApplyGuardrailCommand, BedrockRuntimeClient } = await import('@aws-sdk/client-bedrock-runtime')
  const region = arn.split(':')[3] ?? ''
  const client = new BedrockRuntimeClient({
    ...(region !== '' && { region }),
    ...(endpoint !== undefined && { endpoint }),
    ...(credentials && { credentials: { ...credentials } }),
    maxAttempts: 1,
  })
  const content = texts.map((text) => ({ text: { text } }))
  const command = new ApplyGuardrailCommand({ guardrailIdentifier: arn, guardrailVersion: version, source, content })
  try {
    return await client.send(command, { abortSignal: signal })
  } catch (cause) {
    const { name, message, $metadata } = cause as Error & { $metadata?: { httpStatusCode?: number } }
    const status = $metadata?.httpStatusCode ?? 503
    if (status < 500 && status !== 429 && name !== 'ThrottlingException') throw cause
    throw new ModelUnavailable({
      message: `the guardrail ${arn} did not answer: ${name}: ${message}`,
      next: 'It is tried again. If that goes on, look at Bedrock in this region.',
      cause,
    })
  } finally {
    client.destroy()
  }
}

/** Masked texts stand in the place of those that were asked about; where there is none for each, nothing passes. */
function verdictOn(
  { action, outputs = [], actionReason }: ApplyGuardrailCommandOutput,
  passing: Passing,
  texts: readonly string[],
): GuardrailVerdict {
  if (action === 'NONE') return { verdict: 'proceed' }
  if (action !== 'GUARDRAIL_INTERVENED') return { verdict: 'deny', reason: `it gave no verdict: ${action}` }
  const reason = (actionReason ?? 'it intervened').slice(0, 200)
  const masked = outputs.flatMap(({ text }) => (text === undefined ? [] : [text]))
  const isMasking = /mask|anonymi/i.test(reason) && masked.length === texts.length
  if (!isMasking) return { verdict: 'deny', reason }
  const rest = [...masked]
  return {
    verdict: 'transform',
    value: mapTexts(passing, NAMES, (text) => (isBlank(text) ? text : (rest.shift() ?? ''))),
    reason: 'masked',
  }
}

/** What somebody wrote: every text, number and name of a field, but those by which content blocks belong together. */
function textsIn(passing: Passing): string[] {
  const texts: string[] = []
  mapTexts(passing, NAMES, (text) => {
    if (!isBlank(text)) texts.push(text)
    return text
  })
  return texts
}

const NAMES = new Set(['type', 'id', 'toolUseId', 'status', 'name'])

/** Not to be asked about: Bedrock refuses it. */
function isBlank(text: string): boolean {
  return text.trim() === ''
}
