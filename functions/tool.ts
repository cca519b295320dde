/**
 * One isolated tool as a Lambda function of its own: a call in, its output out. What the output must be, the agent's
 * side checks.
 */
import { type Clock, systemClock } from '../src/clock.ts'
import { toolEnvironment } from '../src/config.ts'
import type { Team } from '../src/define/team.ts'
import type { Tool } from '../src/define/tool.ts'
import { InvalidRequest } from '../src/errors.ts'
import type { Json } from '../src/schema/json.ts'
import type { DataSource } from '../src/schema/tool-call.ts'
import { issueText } from '../src/tools/authorize.ts'
import { noCommit } from '../src/tools/execute.ts'
import { guardSecrets, secretsFor } from '../src/tools/guard-secrets.ts'
import { type IsolatedAnswer, IsolatedCall } from '../src/tools/isolated-call.ts'
import { withinTime } from '../src/tools/time-limit.ts'
import { type Handler, opened } from './lambda.ts'
import { observed } from './observed.ts'
import { openSecretsManager, type ReadSecret } from './secrets-manager.ts'
import { createTelemetry, type Telemetry } from './telemetry.ts'

export interface ToolSurroundings {
  /** The tool that this function is. */
  readonly tool: string
  readonly clock: Clock
  readonly telemetry?: Pick<Telemetry, 'operation'>
  readonly readSecret?: ReadSecret
}

/** Kept free for the way back to Lambda. */
const MARGIN_MS = 500
/** What Lambda takes as an answer, less the little around it. */
const ANSWER_BYTES = 6 * 1024 * 1024 - 1_024

export function toolHandler({ team }: { readonly team: Team }, open = openToolSurroundings): Handler<IsolatedAnswer> {
  const surroundings = opened(() => open(team))
  return async (event, context) => {
    const { tool: name, clock, telemetry, readSecret } = await surroundings()
    const operation = telemetry?.operation('tool', context)
    return observed(operation, async () => {
      const { tool, input, context: call } = acceptCall(event, name, team)
      operation?.ofRun(call.runId)
      const sources: DataSource[] = []
      const { secret, redactor } = guardSecrets(secretsFor(tool, readSecret))
      const ended = await withinTime(
        (signal) =>
          tool.run(input, {
            commit: noCommit(tool),
            ...call,
            fence: call.fence ?? 1,
            secret,
            signal,
            now: () => clock.now(),
            reads: (source) => void sources.push(source),
          }),
        { clock, milliseconds: Math.max(1, context.getRemainingTimeInMillis() - MARGIN_MS) },
      ).catch((error: unknown) => {
        const { name: kind, message } = error as Error
        throw failure(kind, redactor().text(message))
      })
      if (ended.ended !== 'inTime') throw failure('ToolTimedOut', `${name} took longer than its function lives.`)
      const { json, text } = redactor()
      const reads = sources.map((source) => ({ ...source, uri: text(source.uri) }))
      return fitting({ output: json((ended.value ?? null) as Json), reads }, name)
    })
  }
}

function fitting(answer: IsolatedAnswer, name: string): IsolatedAnswer {
  const bytes = Buffer.byteLength(JSON.stringify(answer))
  if (bytes <= ANSWER_BYTES) return answer
  throw failure('ToolOutputTooLarge', `${name} gave ${bytes} bytes; a function can give ${ANSWER_BYTES}.`)
}

function openToolSurroundings({ name }: Team): ToolSurroundings {
  const clock = systemClock
  const readSecret = openSecretsManager({ team: name, clock })()
  return { tool: toolEnvironment().BATON_TOOL, clock, telemetry: createTelemetry({ team: name }), readSecret }
}

/** By the tool's own schemas, again: this side trusts the agent's function no more than any other caller. */
function acceptCall(event: unknown, name: string, team: Team): { tool: Tool; input: unknown; context: CallContext } {
  const call = IsolatedCall.safeParse(event)
  if (!call.success) throw refuse(name, `no call: ${issueText(call.error)}`)
  const tool = team.tools.find((candidate) => candidate.name === name)
  if (tool === undefined || call.data.tool !== name) throw refuse(name, `a call of tool ${call.data.tool}`)
  const input = tool.input.safeParse(call.data.input)
  if (!input.success) throw refuse(name, `arguments that do not fit:\n${issueText(input.error)}`)
  const settings = tool.settings.safeParse(call.data.context.settings)
  if (!settings.success) throw refuse(name, `settings that do not fit:\n${issueText(settings.error)}`)
  return { tool, input: input.data, context: { ...call.data.context, settings: settings.data } }
}

type CallContext = Omit<IsolatedCall['context'], 'settings'> & { readonly settings: unknown }

function refuse(name: string, what: string): InvalidRequest {
  return new InvalidRequest({
    message: `the function of tool ${name} was given ${what}`,
    next: 'Deploy the team again, so that agents and tools are of one version.',
  })
}

/** Its name and message are what the model is shown. */
function failure(name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}
