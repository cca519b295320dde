/** Whether the times of an agent nest: no tool that says how long it takes has more time than the agent that calls it. */
import type { Issue } from '../errors.ts'
import type { Agent } from './agent.ts'
import { DEFAULT_TIMEOUT_SECONDS } from './tool.ts'

/** Cut short at run time as well, as a tool's time is never longer than what is left of its step's. */
export function agentTimeIssues({ name, limits, tools }: Agent): Issue[] {
  return tools.flatMap((tool) => {
    const { timeoutSeconds } = tool
    if (timeoutSeconds <= limits.seconds || timeoutSeconds === DEFAULT_TIMEOUT_SECONDS) return []
    return [
      {
        path: `agents.${name}.tools.${tool.name}.timeoutSeconds`,
        message: `it may take ${timeoutSeconds} s, but agent ${name} ends after ${limits.seconds} s`,
        remedy: `raise limits.seconds of agent ${name} to ${Math.ceil(timeoutSeconds)}, or lower timeoutSeconds of the tool`,
      },
    ]
  })
}
