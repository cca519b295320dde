/**
 * One setting → one model. Reads no environment: hosts pass values in. Adapters are imported when they are chosen, so
 * that `offline` never loads the AWS SDK.
 */
import { type Clock, systemClock } from '../clock.ts'
import { assertNever, InvalidRequest } from '../errors.ts'
import type { Model } from './model.ts'

export type ModelSetting =
  | { readonly kind: 'offline' }
  | { readonly kind: 'bedrock'; readonly region?: string }
  | { readonly kind: 'openai'; readonly url: string; readonly model?: string }
  | { readonly kind: 'scripted'; readonly file: string }

/** What can be chosen, for help texts. The first is the default. */
export const MODEL_SETTINGS: readonly { readonly form: string; readonly example: string; readonly meaning: string }[] =
  [
    { form: 'offline', example: 'offline', meaning: 'no language model: extracts from your documents' },
    { form: 'bedrock[:<region>]', example: 'bedrock:us-east-1', meaning: 'Amazon Bedrock with your AWS credentials' },
    {
      form: 'openai:<url>[#<model>]',
      example: 'openai:http://localhost:11434/v1#qwen3:8b',
      meaning: 'Ollama, vLLM, llama.cpp, LM Studio, OpenAI',
    },
    { form: 'scripted:<file>', example: 'scripted:replies.json', meaning: 'replies from a file, for tests' },
  ]

export interface ModelSurroundings {
  /** For `bedrock` without a region of its own. */
  readonly region?: string | undefined
  /** For `openai`. */
  readonly openAiApiKey?: string | undefined
  readonly clock?: Clock
}

export interface ModelChoice {
  readonly model: Model
  readonly setting: ModelSetting
  /** One line: which model is active. */
  readonly description: string
  /** One line: how to choose another. */
  readonly howToChange: string
}

/**
 * @param text Absent or blank: `offline`.
 * @throws InvalidRequest naming what is allowed, where the setting is none of it or its file cannot be read;
 *   InvalidDefinition where a script is wrong.
 */
export async function chooseModel(
  text: string | undefined,
  surroundings: ModelSurroundings = {},
): Promise<ModelChoice> {
  const setting = parseModelSetting(text)
  const model = await openModel(setting, surroundings)
  const forms = MODEL_SETTINGS.map(({ form }) => form).join(' | ')
  return {
    model,
    setting,
    description: model.description,
    howToChange: `Choose another with --model or BATON_MODEL: ${forms}`,
  }
}

/** @throws InvalidRequest naming what is allowed. */
export function parseModelSetting(text: string | undefined): ModelSetting {
  const trimmed = text?.trim() ?? ''
  if (trimmed === '') return { kind: 'offline' }
  const colon = trimmed.indexOf(':')
  const kind = colon === -1 ? trimmed : trimmed.slice(0, colon)
  const rest = colon === -1 ? undefined : trimmed.slice(colon + 1)
  switch (kind) {
    case 'offline':
      if (rest !== undefined) throw unknownSetting(trimmed, '"offline" takes nothing after it')
      return { kind }
    case 'bedrock':
      if (rest === undefined) return { kind }
      if (!/^[a-z]{2}(-[a-z]+)+-\d$/.test(rest)) throw unknownSetting(trimmed, `"${rest}" is no AWS region`)
      return { kind, region: rest }
    case 'openai':
      return parseOpenAi(trimmed, rest ?? '')
    case 'scripted':
      if (!rest) throw unknownSetting(trimmed, 'the file of the script is missing')
      return { kind, file: rest }
    default:
      throw unknownSetting(trimmed, `"${kind}" is unknown`)
  }
}

function parseOpenAi(text: string, rest: string): ModelSetting {
  const [url = '', model] = splitAtFirst(rest, '#')
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol)) {
    throw unknownSetting(text, `"${url}" is no http or https URL`)
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw unknownSetting(
      text.replace(/\/\/[^@]*@/, '//…@'),
      'a key does not belong into the URL: set BATON_OPENAI_API_KEY',
    )
  }
  return { kind: 'openai', url: url.replace(/\/+$/, ''), ...(model && { model }) }
}

async function openModel(setting: ModelSetting, surroundings: ModelSurroundings): Promise<Model> {
  const { region, openAiApiKey, clock = systemClock } = surroundings
  switch (setting.kind) {
    case 'offline': {
      const { createOfflineModel } = await import('./offline/offline.ts')
      return createOfflineModel()
    }
    case 'bedrock': {
      const { createBedrockModel } = await import('./bedrock.ts')
      const chosen = setting.region ?? region
      return createBedrockModel({ clock, ...(chosen !== undefined && { region: chosen }) })
    }
    case 'openai': {
      const { createOpenAiCompatibleModel } = await import('./openai-compatible.ts')
      const { url, model } = setting
      return createOpenAiCompatibleModel({
        url,
        clock,
        ...(model !== undefined && { model }),
        ...(openAiApiKey !== undefined && { apiKey: openAiApiKey }),
      })
    }
    case 'scripted': {
      const [{ readScript }, { scriptedModel }] = await Promise.all([import('./script.ts'), import('./scripted.ts')])
      return scriptedModel(readScript(setting.file), { clock, source: setting.file, recordCalls: false })
    }
    default:
      return assertNever(setting)
  }
}

function splitAtFirst(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator)
  return at === -1 ? [text, undefined] : [text.slice(0, at), text.slice(at + separator.length)]
}

function unknownSetting(text: string, why: string): InvalidRequest {
  const allowed = MODEL_SETTINGS.map(({ form, example, meaning }) => `  ${form}  ${meaning}, e.g. ${example}`)
  return new InvalidRequest({
    message: `the model setting ${JSON.stringify(text)} cannot be used: ${why}. Allowed are\n${allowed.join('\n')}`,
    next: 'Give one of these to --model or BATON_MODEL, e.g. --model offline.',
  })
}
