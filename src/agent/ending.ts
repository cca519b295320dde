import type { StopCause } from '../schema/step.ts'
import type { Ending } from './step-run.ts'

/** What a person can do about each stop. */
const NEXT: Readonly<Record<StopCause, string>> = {
  turnLimit: 'Raise limits.turns of the agent, or give it a smaller task.',
  tokenLimit: 'Raise limits.tokens or limits.contextTokens of the agent, or give it a smaller task.',
  costLimit: 'Raise limits.costUsd of the agent, or choose a cheaper model.',
  timeLimit: 'Raise limits.seconds of the agent, or choose a faster model.',
  attemptLimit:
    'Find out in the logs why the process that runs the step dies or has too little time, then run `baton resume`.',
  toolCallLimit: 'Raise limits.toolCalls of the agent, or tell it in its instructions when to stop searching.',
  offSchema: 'Simplify the output schema, describe its fields, or choose a stronger model.',
  checkRejected: 'Read the rejections with `baton show`, then adjust the instructions or the check.',
  refused: 'The provider filtered the answer: rephrase the task or choose another model.',
  maxTokens: 'Raise model.maxTokens of the agent, or ask for a shorter output.',
  modelUnavailable: 'Check the model with `baton doctor`, add model.fallbacks, then run `baton resume`.',
  modelRejected: 'Correct what the provider names: model id, parameters or schema.',
  inputRejected: 'Give the step an input that fits the input schema of its agent.',
  outputTooLarge:
    'Have the agent return less in the output fields that later expressions read, or read fewer of its fields there.',
  budget: 'Raise the budget with `baton budget RUN --raise`, then run `baton resume`.',
  denied: 'Read what was decided with `baton show`, change the task or the instructions, then run `baton resume`.',
  loop: 'Tell the agent in its instructions what to do when a tool gives it nothing new.',
  undecided:
    'Look with `baton show` at who said what, then change the rule or the instructions, or let a person decide.',
  braked: 'Find out why with `baton brake`; once it is released, run `baton resume`.',
  cancelled: 'Run `baton resume` to go on from here.',
}

export function stopped(cause: StopCause, reason: string, next = NEXT[cause]): Extract<Ending, { status: 'stopped' }> {
  return { status: 'stopped', cause, reason, next }
}

export const runCancelled = stopped('cancelled', 'The run was cancelled.')

export const outOfTime: Ending = { status: 'continue' }
