/** Whether a call keeps to the rules for its arguments and for the data that its agent has read. Runs nothing. */
import type { Agent } from '../define/agent.ts'
import type { Tool } from '../define/tool.ts'
import type { PolicyContext, PolicyRule } from '../define/tool-policy.ts'
import type { Label } from '../schema/label.ts'

export const SINK_RULE = 'sink'

export interface Refusal {
  readonly rule: string
  readonly reason: string
}

const REASON_CHARACTERS = 400

/** The first rule that does not allow it: of the tool, then of the agent. @param input As the tool's schema gave it. */
export function refusalOf(
  { name, policy = [] }: Pick<Tool, 'name' | 'policy'>,
  input: unknown,
  context: PolicyContext,
  permissions: Agent['permissions'],
): Refusal | undefined {
  for (const rule of [...policy, ...(permissions?.[name] ?? [])]) {
    const refused = refusedBy(rule, input, context)
    if (refused !== undefined) return refused
  }
  return undefined
}

/** A promise is no answer either. */
function refusedBy(rule: PolicyRule, input: unknown, context: PolicyContext): Refusal | undefined {
  const told = { rule: `policy.${rule.name}`, reason: `These arguments are not allowed: ${rule.description}` }
  try {
    return (rule.allows(input, context) as unknown) === true ? undefined : told
  } catch (error) {
    const what = error instanceof Error ? error.message : String(error)
    return {
      ...told,
      reason: `The rule itself failed, so that nothing is allowed: ${what}`.slice(0, REASON_CHARACTERS),
    }
  }
}

/** Labels that have been read and that the tool does not take. */
export function beyondSink({ takes }: Pick<Tool, 'takes'>, labels: readonly Label[]): readonly Label[] {
  return takes === undefined ? [] : labels.filter((label) => !takes.labels.includes(label))
}

export function sinkReason({ name }: Pick<Tool, 'name'>, beyond: readonly Label[]): string {
  return `${name} takes no data that is ${beyond.join(' or ')}, and such data was read before this call`
}
