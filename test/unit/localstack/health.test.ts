import { afterEach, describe, expect, it } from 'vitest'
import { checkHealth } from '../../../localstack/health.ts'
import { fakeLocalStack, HEALTH, INFO, type Pages } from './fake-localstack.ts'

let close = async () => {}
afterEach(() => close())

async function check(pages: Pages) {
  const fake = await fakeLocalStack(pages)
  close = fake.close
  return checkHealth(fake.endpoint)
}

const WITHOUT = Object.fromEntries(Object.entries(HEALTH.services).filter(([service]) => service !== 'stepfunctions'))

describe('checkHealth', () => {
  it('takes an adapted LocalStack, and knows one in a container', async () => {
    expect(await check({})).toEqual({ healthy: true, version: '4.14.0', inContainer: false })
    await close()
    expect(await check({ info: { ...INFO, is_docker: true } })).toMatchObject({ inContainer: true })
  })

  it.each<[string, Pages, string]>([
    [
      'an emulator with the same health page only',
      { info: '<html>Not found</html>' },
      'what answers is not LocalStack',
    ],
    ['a page of text', { health: 'OK' }, 'what answers is not LocalStack'],
    ['an emulator of another version', { health: { ...HEALTH, version: '3.0.0.dev' } }, 'it is version 3.0.0.dev; 4.1'],
    ['LocalStack without Step Functions', { health: { ...HEALTH, services: WITHOUT } }, 'it lacks stepfunctions'],
    ['LocalStack as it comes', { adapted: false }, 'it is LocalStack as it comes'],
  ])('refuses %s', async (_, pages, why) => {
    expect(await check(pages)).toEqual({ healthy: false, why: expect.stringContaining(why) })
  })

  it('says why nothing answers', async () => {
    const { endpoint, close: gone } = await fakeLocalStack()
    await gone()
    expect(await checkHealth(endpoint)).toEqual({ healthy: false, why: expect.stringContaining('ECONNREFUSED') })
  })
})
