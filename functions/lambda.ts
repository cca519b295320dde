/** What of AWS Lambda the handlers use. */
import type { Context } from 'aws-lambda'
import { policySource } from '../src/config.ts'

export type LambdaContext = Context

export type Handler<Result> = (event: unknown, context: LambdaContext) => Promise<Result>

/** Opens at the first call, once for the life of the environment; tries again after a failure. */
export function opened<T>(open: () => T | Promise<T>): () => Promise<T> {
  let opening: Promise<T> | undefined
  return () => {
    opening ??= gated().then(open)
    opening.catch(() => {
      opening = undefined
    })
    return opening
  }
}

let gating: Promise<void> | undefined

/** Where the stage of a test says what its roles may do: see policy-gate.ts. Nowhere else is anything loaded. */
async function gated(): Promise<void> {
  const source = policySource()
  if (source === undefined) return
  gating ??= import('./policy-gate.ts').then(({ openPolicyGate }) => openPolicyGate(source))
  return gating
}
