/** Bedrock with the credentials of each step. Imported only where it is asked; named imports keep the bundle small. */
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime'
import type { Clock } from '../src/clock.ts'
import { createBedrockModel } from '../src/models/bedrock.ts'
import type { ModelFor } from './agent-model.ts'
import { gateConnections } from './gated-connections.ts'

/** One connection for the life of the environment, however many steps' credentials it carries. */
export function openBedrockModels(region: string | undefined, clock: Clock): ModelFor {
  const place = { maxAttempts: 1, ...(region !== undefined && { region }) }
  const { requestHandler } = new BedrockRuntimeClient(place).config
  gateConnections(requestHandler)
  return (credentials) =>
    createBedrockModel({
      ...(region !== undefined && { region }),
      clock,
      client: new BedrockRuntimeClient({ ...place, requestHandler, ...(credentials && { credentials }) }),
    })
}
