import { describe, expect, it } from 'vitest'
import { whatIsMissing } from '../../../localstack/what-is-missing.ts'

const python = { python: { executable: '/p', version: '3.13' } }
const java = { java: { home: '/j', version: 17 } }

describe('whatIsMissing', () => {
  it('names both interpreters, what was seen of them, and the alternatives', () => {
    const error = whatIsMissing({ mode: undefined, python: { seen: ['/usr/bin/python3 is 3.9'] }, java: { seen: [] } })
    expect(error.message).toBe(`No Docker engine answers, and host mode lacks:
  Python 3.12 or newer with venv (Debian, Ubuntu: python3 python3-venv; macOS: brew install python@3.13)
  Java 17 or newer (Debian, Ubuntu: openjdk-17-jre-headless; macOS: brew install openjdk@17)
Seen, but of no use:
  /usr/bin/python3 is 3.9`)
    expect(error.next).toBe('Install both, or Docker, or name a running LocalStack 4 in LOCALSTACK_ENDPOINT.')
  })

  it('names the one that is missing', () => {
    const error = whatIsMissing({ mode: 'host', python, java: { seen: [] } })
    expect(error.message).toMatch(/^host mode lacks:\n {2}Java 17 or newer[^\n]*$/)
    expect(error.next).toMatch(/^Install it, or Docker/)
  })

  it('says that Docker was asked for', () => {
    expect(whatIsMissing({ mode: 'docker', python, java }).message).toContain('no Docker engine answers')
  })
})
