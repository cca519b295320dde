/** What of AWS Lambda the handlers use. */
import type { Context } from 'aws-lambda'

export type LambdaContext = Context

export type Handler<Result> = (event: unknown, context: LambdaContext) => Promise<Result>

/** Opens at the first call, once for the life of the environment; tries again after a failure. */
export function opened<T>(open: () => T | Promise<T>): () => Promise<T> {
  let opening: Promise<T> | undefined
  return () => {
    opening ??= Promise.resolve().then(open)
    opening.catch(() => {
      opening = undefined
    })
    return opening
  }
}
