/** Handlers of a team's Lambda functions, each made of the team: what its bundles are put together from. */
export { type AgentFunction, agentHandler } from './agent.ts'
export type { Handler, LambdaContext } from './lambda.ts'
export { toolHandler } from './tool.ts'
