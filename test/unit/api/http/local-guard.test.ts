import { describe, expect, it } from 'vitest'
import { bench, START } from './bench.ts'

const OWN = 'http://127.0.0.1:7411'

describe('a server without authorisation', () => {
  const allowed: readonly Record<string, string>[] = [
    { host: '127.0.0.1:7411' },
    { host: 'localhost:7411' },
    { host: '[::1]:7411' },
    { host: 'LOCALHOST' },
    { host: 'box.lan:7411' },
    { host: '127.0.0.1:7411', origin: OWN, 'sec-fetch-site': 'same-origin' },
  ]
  it.each(allowed)('answers %o', async (headers) => {
    const { ask } = bench(undefined, { localNames: ['box.lan'] })
    expect((await ask('GET', '/health', { headers })).status).toBe(200)
  })

  const refused: readonly Record<string, string>[] = [
    { host: 'evil.example' },
    { host: '127.0.0.1.evil.example' },
    { host: 'localhost.evil.example:7411' },
    { host: '10.0.0.1:7411' },
    { host: '127.0.0.1:7411', origin: 'http://evil.example' },
    { host: '127.0.0.1:7411', origin: 'null' },
    { host: '127.0.0.1:7411', origin: 'http://127.0.0.1:3000' },
    { host: '127.0.0.1:7411', 'sec-fetch-site': 'cross-site' },
    { host: '127.0.0.1:7411', 'sec-fetch-site': 'same-site' },
  ]
  it.each(refused)('refuses %o, whatever is asked, and stores nothing', async (headers) => {
    const { ask, stores } = bench(undefined, { localNames: ['box.lan'] })
    expect((await ask('GET', '/health', { headers })).status).toBe(403)
    expect((await ask('POST', '/runs', { body: START, headers })).status).toBe(403)
    expect((await ask('OPTIONS', '/runs', { headers })).status).toBe(403)
    expect((await stores.runs.list()).runs).toEqual([])
  })
})
