/** Grants → policy statements, as data: read by `infra` for IAM, and by whoever evaluates them. */
export { agentBoundary, grantIssues } from './agent-boundary.ts'
export { agentStatements, toolStatements } from './agent-statements.ts'
export * from './control-statements.ts'
export { type AgentResources, type DataResources, INDEX_NAME, type Place } from './resources.ts'
export { assumeRunStatement, logStatement, runRoleTrust } from './run-trust.ts'
export { secretStatements } from './secret-statements.ts'
export type { Statement, TrustStatement } from './statement.ts'
export * from './workflow-statements.ts'
