/**
 * Amazon Bedrock by its Converse operation. Imports the AWS SDK when this file is imported: hosts that may do without it
 * import this file lazily. Never retries: src/agent does.
 */
import { BedrockRuntimeClient, ConverseCommand } from '@aws-sdk/client-bedrock-runtime'
import { type Clock, systemClock } from '../clock.ts'
import type { ModelRequest, ModelResponse } from '../schema/model-call.ts'
import { bedrockError } from './bedrock-errors.ts'
import { toConverse } from './bedrock-request.ts'
import { BEDROCK_PROVIDER, fromConverse } from './bedrock-response.ts'
import { withDeadline } from './deadline.ts'
import type { Model, ModelCallOptions } from './model.ts'

export interface BedrockOptions {
  /** @default what the AWS SDK finds: AWS_REGION, then the profile */
  readonly region?: string
  /** An endpoint of one's own. An `http:` one is spoken to in HTTP/2 without TLS. @default the region's */
  readonly endpoint?: string
  /** @default what the AWS SDK finds: environment, profile, role */
  readonly credentials?: { readonly accessKeyId: string; readonly secretAccessKey: string }
  /** A client made elsewhere, e.g. with an HTTP/1 handler. It should have `maxAttempts: 1`. */
  readonly client?: BedrockRuntimeClient
  readonly clock?: Clock
}

export function createBedrockModel(options: BedrockOptions = {}): Model {
  const { region, endpoint, credentials, clock = systemClock } = options
  const client =
    options.client ??
    new BedrockRuntimeClient({
      maxAttempts: 1,
      ...(region !== undefined && { region }),
      ...(endpoint !== undefined && { endpoint }),
      ...(credentials !== undefined && { credentials }),
    })

  async function call(request: ModelRequest, callOptions: ModelCallOptions): Promise<ModelResponse> {
    const asked = `bedrock model ${request.modelId}`
    const output = await withDeadline({
      options: callOptions,
      clock,
      asked,
      run: async (abortSignal) => {
        try {
          return await client.send(new ConverseCommand(toConverse(request, callOptions)), { abortSignal })
        } catch (error) {
          throw bedrockError(error, asked, clock.now())
        }
      },
    })
    return fromConverse(output, request.modelId)
  }

  return {
    provider: BEDROCK_PROVIDER,
    description: `bedrock: Amazon Bedrock in ${region ?? 'the region of your AWS settings'}, billed to your AWS account`,
    ...(region !== undefined && { place: region }),
    call,
  }
}
