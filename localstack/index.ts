/** The room's door: a LocalStack for tests. */
export { type CdkDeployment, deployWithCdk, type Outputs } from './deploy-with-cdk.ts'
export { endpointVariables } from './endpoint-variables.ts'
export { type EnsureOptions, ensureLocalStack, type LocalStack } from './ensure-localstack.ts'
export { LocalStackUnavailable } from './localstack-unavailable.ts'
