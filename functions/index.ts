/** Handlers of a team's Lambda functions, each made of the team: what its bundles are put together from. */
export { type AgentFunction, agentHandler } from './agent.ts'
export { apiHandler } from './api.ts'
export { controlHandler } from './control.ts'
export type { Handler, LambdaContext } from './lambda.ts'
export { type Released, releaseHandler } from './release.ts'
export { type RunEnded, runEndedHandler } from './run-ended.ts'
export { type Started, startHandler } from './start.ts'
export { toolHandler } from './tool.ts'
