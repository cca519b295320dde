import { existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { dockerArguments } from '../../../localstack/docker.ts'

describe('dockerArguments', () => {
  const args = dockerArguments({ port: 4599, arch: 'x64' })
  const valuesOf = (option: string) => args.filter((_, index) => args[index - 1] === option)

  it('runs the pinned image under a name of its own, on the loopback address only', () => {
    expect(args.slice(0, 5)).toEqual(['run', '--detach', '--rm', '--name', 'baton-localstack-4599'])
    expect(valuesOf('--publish')).toEqual(['127.0.0.1:4599:4599'])
    expect(args.at(-1)).toBe('localstack/localstack:4.14.0')
  })

  it('lets LocalStack start containers, and those reach this machine', () => {
    expect(valuesOf('--volume')).toContain('/var/run/docker.sock:/var/run/docker.sock')
    expect(args).toContain('--add-host=host.docker.internal:host-gateway')
    expect(valuesOf('--env')).toContain('LAMBDA_DOCKER_FLAGS=--add-host=host.docker.internal:host-gateway')
  })

  it('mounts the corrections where LocalStack runs them at its start', () => {
    const [, folder = '', script = ''] = valuesOf('--volume')
    expect(folder).toMatch(/\/localstack\/host-mode:\/opt\/baton:ro$/)
    expect(script).toMatch(/:\/etc\/localstack\/init\/start\.d\/baton\.py:ro$/)
    expect(existsSync(script.split(':')[0] ?? '')).toBe(true)
  })

  it('runs functions declared for ARM on Intel too', () => {
    const variable = 'LAMBDA_IGNORE_ARCHITECTURE=1'
    expect(args).toContain(variable)
    expect(dockerArguments({ port: 4599, arch: 'arm64' })).not.toContain(variable)
  })
})
