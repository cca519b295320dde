/** Says exactly what a machine lacks, and the three ways to get a LocalStack. */
import type { FoundJava } from './find-java.ts'
import type { FoundPython } from './find-python.ts'
import { LocalStackUnavailable } from './localstack-unavailable.ts'

interface Found {
  readonly mode: 'docker' | 'host' | undefined
  readonly python: FoundPython
  readonly java: FoundJava
}

export function whatIsMissing({ mode, python, java }: Found): LocalStackUnavailable {
  if (mode === 'docker')
    return new LocalStackUnavailable({
      message: 'BATON_LOCALSTACK_MODE is docker, and no Docker engine answers to `docker version`.',
      next: 'Start Docker, or unset BATON_LOCALSTACK_MODE.',
    })
  const lacking: string[] = []
  const seen: string[] = []
  if ('seen' in python) {
    lacking.push(
      'Python 3.12 or newer with venv (Debian, Ubuntu: python3 python3-venv; macOS: brew install python@3.13)',
    )
    seen.push(...python.seen)
  }
  if ('seen' in java) {
    lacking.push('Java 17 or newer (Debian, Ubuntu: openjdk-17-jre-headless; macOS: brew install openjdk@17)')
    seen.push(...java.seen)
  }
  const docker = mode === 'host' ? '' : 'No Docker engine answers, and '
  const found = seen.length === 0 ? '' : `\nSeen, but of no use:\n${seen.map((line) => `  ${line}`).join('\n')}`
  return new LocalStackUnavailable({
    message: `${docker}host mode lacks:\n${lacking.map((line) => `  ${line}`).join('\n')}${found}`,
    next: `Install ${lacking.length > 1 ? 'both' : 'it'}, or Docker, or name a running LocalStack 4 in LOCALSTACK_ENDPOINT.`,
  })
}
