import { describe, expect, it } from 'vitest'
import { reachable } from '../../../localstack/deploy-with-cdk.ts'

describe('reachable', () => {
  it('turns host names of APIs into paths of the endpoint, and leaves other values', () => {
    const outputs = JSON.stringify({
      Stack: {
        ApiUrl: 'https://a1b2.execute-api.127.0.0.1:4566/v1/',
        Other: 'https://c3.execute-api.localhost.localstack.cloud:4566/prod/runs',
        Table: 'execute-api.table',
      },
    })
    expect(JSON.parse(reachable(outputs, 'http://127.0.0.1:4566'))).toEqual({
      Stack: {
        ApiUrl: 'http://127.0.0.1:4566/_aws/execute-api/a1b2/v1/',
        Other: 'http://127.0.0.1:4566/_aws/execute-api/c3/prod/runs',
        Table: 'execute-api.table',
      },
    })
  })
})
