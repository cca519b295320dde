import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Parsed } from '../../../../src/cli/command.ts'
import { remoteTarget } from '../../../../src/cli/remote/remote-target.ts'
import type { Environment } from '../../../../src/config.ts'

const API = 'https://abc123.execute-api.eu-west-1.amazonaws.com/dev'
const NEWSROOM = { ApiUrl: `${API}/`, Region: 'eu-west-1', Team: 'newsroom', RecordsTable: 'records' }

function outputs(content: unknown): string {
  const folder = mkdtempSync(join(tmpdir(), 'baton-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'outputs.json')
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content))
  return file
}

const target = (values: Parsed['values'], variables: Environment = {}) => remoteTarget(values, variables)

describe('remoteTarget', () => {
  it('is none unless one is named, and what is typed goes before the environment', () => {
    expect(target({})).toBeUndefined()
    expect(target({ data: '/d', model: 'offline' }, { BATON_ENDPOINT: API })).toBeUndefined()
    expect(target({}, { BATON_DATA: '/d', BATON_ENDPOINT: '' })).toBeUndefined()
    expect(target({}, { BATON_ENDPOINT: API })).toMatchObject({ url: API, words: '' })
    expect(target({ endpoint: 'http://127.0.0.1:1' }, { BATON_OUTPUTS: '/nope', BATON_DATA: '/d' })).toEqual({
      url: 'http://127.0.0.1:1',
      words: ' --endpoint http://127.0.0.1:1',
    })
  })

  it('reads the one stack with an API, or the one that is named', () => {
    const file = outputs({ Other: { BucketName: 'b' }, Newsroom: NEWSROOM })
    expect(target({ outputs: file })).toEqual({
      url: API,
      signing: { region: 'eu-west-1' },
      team: 'newsroom',
      words: ` --outputs ${file}`,
    })
    const two = outputs({ Newsroom: NEWSROOM, Triage: { ApiUrl: 'https://triage.example/', Region: 'us-east-2' } })
    expect(target({ outputs: two, stack: 'Triage' })).toMatchObject({
      url: 'https://triage.example',
      signing: { region: 'us-east-2' },
      words: ` --outputs ${two} --stack Triage`,
    })
    expect(() => target({ outputs: two })).toThrow(
      expect.objectContaining({ next: 'Name one of them with --stack NAME: Newsroom, Triage' }),
    )
    expect(() => target({ outputs: two, stack: 'Nope' })).toThrow(expect.objectContaining({ name: 'NotFound' }))
  })

  it.each([
    ['what API Gateway names itself, in its region', { endpoint: API }, {}, 'eu-west-1'],
    ['a VPC endpoint', { endpoint: 'https://v-1.execute-api.eu-west-1.vpce.amazonaws.com/dev' }, {}, 'eu-west-1'],
    ['China', { endpoint: 'https://a.execute-api.cn-north-1.amazonaws.com.cn/dev' }, {}, 'cn-north-1'],
    ['no domain that says nothing', { endpoint: 'https://api.example.com' }, { AWS_REGION: 'eu-west-1' }, undefined],
    ['such a domain on request', { endpoint: 'https://api.example.com', sign: true }, { AWS_REGION: 'a-1' }, 'a-1'],
    ['no look-alike', { endpoint: 'https://execute-api.eu-west-1.amazonaws.com.evil.example' }, {}, undefined],
    ['nothing on this machine', { endpoint: 'http://127.0.0.1:4566/_aws/execute-api/a/dev' }, {}, undefined],
    ['nothing of LocalStack', { endpoint: 'https://a.execute-api.localhost.localstack.cloud:4566' }, {}, undefined],
    ['this machine on request', { endpoint: 'http://[::1]:4566', sign: true }, {}, 'us-east-1'],
  ] as const)('signs for %s', (_what, values, variables, region) => {
    expect(target(values, variables)?.signing?.region).toBe(region)
  })

  it('does not sign for an endpoint on this machine, though the outputs file names a region', () => {
    const file = outputs({ Newsroom: { ...NEWSROOM, ApiUrl: 'http://localhost:4566/x/' } })
    expect(target({ outputs: file })?.signing).toBeUndefined()
    expect(target({ outputs: file, sign: true })?.signing).toEqual({ region: 'eu-west-1' })
  })

  it.each([
    [{ endpoint: API, data: '/d' }, {}, /--endpoint and --data name different places/],
    [{ endpoint: API, outputs: 'o.json' }, {}, /--endpoint and --outputs/],
    [{}, { BATON_ENDPOINT: API, BATON_DATA: '/d' }, /BATON_ENDPOINT and BATON_DATA/],
    [{ model: 'offline' }, { BATON_ENDPOINT: API }, /--model cannot change/],
    [{ stack: 'Newsroom' }, {}, /--stack says more/],
    [{ stack: 'Newsroom', endpoint: API }, {}, /--stack says more/],
    [{ sign: true, data: '/d' }, { BATON_ENDPOINT: API }, /--sign says more/],
    [{ endpoint: 'newsroom' }, {}, /"newsroom" is no URL/],
    [{ endpoint: 'ftp://a' }, {}, /no URL of an API/],
    [{ endpoint: 'https://me:secret@a.example' }, {}, /no URL of an API/],
    [{ endpoint: 'https://a.example', sign: true }, {}, /needs the region/],
    [{ endpoint: 'http://a.example', sign: true }, { AWS_REGION: 'r-1' }, /not encrypted/],
    [{ outputs: '/nope/outputs.json' }, {}, /cannot be read: ENOENT/],
  ] as const)('refuses %j with %j', (values, variables, message) => {
    expect(() => target(values, variables)).toThrow(message)
  })

  it.each([['{bad'], ['[]'], ['{"a": 1}'], ['{}'], ['{"Stack": {"Region": "x"}}']])('refuses %s as outputs', (text) => {
    expect(() => target({ outputs: outputs(text) })).toThrow(
      expect.objectContaining({ name: 'InvalidRequest', next: expect.stringContaining('--outputs-file') }),
    )
  })
})
