/** The model that a deployed agent asks. Bedrock is asked with the credentials of the step; other providers know none. */
import type { Clock } from '../src/clock.ts'
import type { AgentEnvironment } from '../src/config.ts'
import { chooseModel, parseModelSetting } from '../src/models/choose.ts'
import type { Model } from '../src/models/model.ts'
import type { SessionCredentials } from './session-credentials.ts'

export type ModelFor = (credentials: SessionCredentials | undefined) => Model

/** Where the models are: breakers are known by it. The role's policy names the same. */
export function modelRegion({ BATON_MODEL, AWS_REGION }: Pick<AgentEnvironment, 'BATON_MODEL' | 'AWS_REGION'>): string {
  const setting = parseModelSetting(BATON_MODEL)
  return setting.kind === 'bedrock' ? (setting.region ?? AWS_REGION) : AWS_REGION
}

/** @throws InvalidRequest where BATON_MODEL names no model that can be asked. */
export async function openAgentModel(
  { BATON_MODEL, BATON_OPENAI_API_KEY }: Pick<AgentEnvironment, 'BATON_MODEL' | 'BATON_OPENAI_API_KEY'>,
  clock: Clock,
): Promise<ModelFor> {
  const setting = parseModelSetting(BATON_MODEL)
  if (setting.kind === 'bedrock') return (await import('./bedrock-models.ts')).openBedrockModels(setting.region, clock)
  const { model } = await chooseModel(BATON_MODEL, { clock, openAiApiKey: BATON_OPENAI_API_KEY })
  return () => model
}
