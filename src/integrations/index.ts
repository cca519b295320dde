/** What users import from `baton/tools`: tools for what they have already. Made with `defineTool`, like anybody's. */
export type { DynamodbKey, DynamodbOperation } from './dynamodb-operations.ts'
export { type DynamodbTools, dynamodbTools } from './dynamodb-tools.ts'
export { type FileTools, fileTools } from './file-tools.ts'
export { apiKey, basic, bearer, type HttpAuth } from './http-auth.ts'
export { type HttpOperation, type HttpOutput, type HttpTools, httpTools } from './http-tools.ts'
export type { RunSql, SqlAnswer, SqlConnection, SqlValue } from './sql-connection.ts'
export { CALLS_TABLE } from './sql-once.ts'
export { type SqlOutput, type SqlQuery, type SqlTools, sqlTools } from './sql-tools.ts'
