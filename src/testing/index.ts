/** For users' own tests: a model that follows a script, clocks that jump, contracts for users' own adapters. */
export { converseEndpoint } from './converse-endpoint.ts'
export type { ConverseFault, ConverseRule } from './converse-rules.ts'
export {
  type ConverseAnswer,
  type ConverseServer,
  converseError,
  converseReply,
  startConverseServer,
} from './converse-server.ts'
export { type FakeClock, fakeClock } from './fake-clock.ts'
export { MEMORY_CONTRACT, type MemoryCase } from './memory-contract.ts'
export { type ModelContractCase, modelContract, remoteModelContract } from './model-contract.ts'
export { PRIMITIVES_CONTRACT, type PrimitivesCase } from './primitives-contract.ts'
export { RECORDS_CONTRACT, type RecordsCase } from './records-contract.ts'
export { type PersonSays, runInMemory } from './run-in-memory.ts'
export * from './scripted-model.ts'
export { type TestToolContext, toolContext } from './tool-context.ts'
