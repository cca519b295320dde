/** What of AWS Lambda the handlers use: little enough to be given by a test. */

export interface LambdaContext {
  /** The same for every delivery of one asynchronous invocation. */
  readonly awsRequestId: string
  getRemainingTimeInMillis(): number
}

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
