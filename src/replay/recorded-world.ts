/** What lies outside a team, as a record has it: the models' answers, the tools' results, what people said. */
import { RememberOutput, SearchMemoryOutput } from '../agent/memory-tools.ts'
import type { StepMemory } from '../agent/step-memory.ts'
import { TurnBody } from '../agent/turn-answer.ts'
import type { Agent } from '../define/agent.ts'
import type { Team } from '../define/team.ts'
import { ModelRejectedRequest } from '../errors.ts'
import type { Model } from '../models/model.ts'
import { ApprovalDecision, type ApprovalRequest } from '../schema/approval.ts'
import type { StepId } from '../schema/ids.ts'
import { REMEMBER_TOOL, SEARCH_MEMORY_TOOL } from '../schema/model-call.ts'
import { ToolResult } from '../schema/tool-call.ts'
import type { RecordedSteps } from './recording.ts'

/** Answers each turn of each step as it was answered then, whatever it is asked: what it was asked is compared afterwards. */
export function recordedModel(steps: RecordedSteps): Model {
  return {
    provider: 'recorded',
    description: 'recorded: the answers of an earlier run; no language model answers',
    isLocal: true,
    async call(_request, { stepId, turn }) {
      const turns = (steps.get(stepId as StepId) ?? []).filter(({ row }) => row.event === 'turn')
      const { row, body } = turns.find((one) => one.row.turn === turn) ?? {}
      const answer = TurnBody.safeParse(body)
      if (row?.model === undefined || row.usage === undefined || !answer.success) {
        const message = `step ${stepId} asks its model a ${turn}. time: that is not in the record`
        throw new ModelRejectedRequest({ message, next: 'Record a run of the team as it is now.' })
      }
      const { provider, id } = row.model
      return { ...answer.data, provider, modelId: id, usage: row.usage }
    },
  }
}

/** Agents whose tools say what they said then. Everything that decides about a call is the team's own, as it is now. */
export function recordedTools(team: Team, steps: RecordedSteps): (name: string) => Agent | undefined {
  const agents = new Map(
    team.agents.map((agent) => [
      agent.name as string,
      { ...agent, tools: agent.tools.map((tool) => recorded(tool, steps)) },
    ]),
  )
  return (name) => agents.get(name)
}

function recorded(tool: Agent['tools'][number], steps: RecordedSteps): Agent['tools'][number] {
  return {
    ...tool,
    async run(_input, { stepId, callId, reads, commit }) {
      const { output, sources = [] } = resultOf(steps, stepId, callId, tool.name)
      for (const source of sources) reads(source)
      return tool.effect === 'table' ? commit([], output) : output
    },
  }
}

/** What the team remembers depends on its other runs: it says what it said then. */
export function recordedMemory(steps: RecordedSteps): StepMemory {
  return {
    async search(space, _search, { stepId, callId }) {
      const { output, sources = [] } = resultOf(steps, stepId, callId, SEARCH_MEMORY_TOOL)
      const { facts } = SearchMemoryOutput.parse(output)
      return facts.flatMap((fact, index) =>
        fact.space === space ? [{ fact: { ...fact, sha256: sources[index]?.sha256 ?? '' } }] : [],
      )
    },
    async remember(_space, { by, callId, ...fact }) {
      const { id, version } = RememberOutput.parse(resultOf(steps, by.stepId, callId, REMEMBER_TOOL).output)
      return { ...fact, id, version, at: '', sha256: '' }
    },
  }
}

function resultOf(steps: RecordedSteps, stepId: string, callId: string, tool: string) {
  const rows = steps.get(stepId as StepId) ?? []
  const body = rows.find(({ row }) => row.event === 'tool' && row.tool?.callId === callId)?.body
  const result = ToolResult.safeParse(body)
  if (!result.success) throw named('NotRecorded', `this call of ${tool} is not in the record`)
  if (result.data.status === 'error') throw named(result.data.name, result.data.message)
  return result.data
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name })
}

/** What was said to the nth question of a step, as an answer to this one. undefined: nobody was asked so often. */
export function decisionFor(request: ApprovalRequest, nth: number, steps: RecordedSteps): ApprovalDecision | undefined {
  const rows = steps.get(request.stepId) ?? []
  const decided = rows.filter(({ row }) => /^approval\.(approved|denied|expired)$/.test(row.rule ?? ''))
  const decision = ApprovalDecision.safeParse(decided[nth]?.body)
  if (!decision.success || decision.data.expired) return undefined
  const { approvalId, subjectSha256 } = request
  return { ...decision.data, approvalId, subjectSha256 }
}
