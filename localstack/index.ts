/** The room's door: a LocalStack for tests. */
export { type EnsureOptions, ensureLocalStack, type LocalStack } from './ensure-localstack.ts'
export { LocalStackUnavailable } from './localstack-unavailable.ts'
