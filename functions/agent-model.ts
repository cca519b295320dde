/** The model that a deployed agent asks. Bedrock is asked with the credentials of the step; other providers know none. */
import type { Clock } from '../src/clock.ts'
import type { AgentEnvironment } from '../src/config.ts'
import { chooseModel, parseModelSetting } from '../src/models/choose.ts'
import type { Model } from '../src/models/model.ts'
import type { SessionCredentials } from './session-credentials.ts'

export type ModelFor = (credentials: SessionCredentials | undefined) => Model

/** @throws InvalidRequest where BATON_MODEL names no model that can be asked. */
export async function openAgentModel(
  { BATON_MODEL, BATON_OPENAI_API_KEY }: Pick<AgentEnvironment, 'BATON_MODEL' | 'BATON_OPENAI_API_KEY'>,
  clock: Clock,
): Promise<ModelFor> {
  const setting = parseModelSetting(BATON_MODEL)
  if (setting.kind === 'bedrock') return openBedrock(setting.region, clock)
  const { model } = await chooseModel(BATON_MODEL, { clock, openAiApiKey: BATON_OPENAI_API_KEY })
  return () => model
}

/** One connection for the life of the environment, however many steps' credentials it carries. */
async function openBedrock(region: string | undefined, clock: Clock): Promise<ModelFor> {
  const [{ BedrockRuntimeClient }, { createBedrockModel }] = await Promise.all([
    import('@aws-sdk/client-bedrock-runtime'),
    import('../src/models/bedrock.ts'),
  ])
  const place = { maxAttempts: 1, ...(region !== undefined && { region }) }
  const { requestHandler } = new BedrockRuntimeClient(place).config
  return (credentials) =>
    createBedrockModel({
      ...(region !== undefined && { region }),
      clock,
      client: new BedrockRuntimeClient({ ...place, requestHandler, ...(credentials && { credentials }) }),
    })
}
