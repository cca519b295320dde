/** How a state fails, as Step Functions names it, and how it is stopped from outside. Says nothing of retries and catchers. */

/** Cannot be retried or caught, not even by name. */
export const RUNTIME = 'States.Runtime'
export const TIMEOUT = 'States.Timeout'
export const QUERY_EVALUATION = 'States.QueryEvaluationError'
export const DATA_LIMIT_EXCEEDED = 'States.DataLimitExceeded'

/** `undefined` error or cause: AWS leaves the field out. */
export class StateError extends Error {
  override readonly name = 'StateError'
  readonly error: string | undefined
  readonly causeText: string | undefined

  constructor(error: string | undefined, causeText?: string) {
    super(`${error ?? ''}: ${causeText ?? ''}`)
    this.error = error
    this.causeText = causeText
  }
}

/** The state was stopped because something around it ended. Not an error of the state. */
export class Aborted extends Error {
  override readonly name = 'Aborted'
}

/** What a function threw: Error = errorType, Cause = the payload as JSON text. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError'
  readonly errorType: string
  readonly payload: Readonly<Record<string, unknown>>

  /** @param payload As the function's runtime would answer. @default {errorType, errorMessage} */
  constructor(errorType: string, errorMessage: string, payload?: Readonly<Record<string, unknown>>) {
    super(errorMessage)
    this.errorType = errorType
    this.payload = payload ?? { errorType, errorMessage }
  }
}

/** What the service in between answered, such as `Lambda.ResourceNotFoundException`. The cause goes out as it is. */
export class ServiceError extends Error {
  override readonly name = 'ServiceError'
  readonly error: string

  constructor(error: string, cause: string) {
    super(cause)
    this.error = error
  }
}

/** The execution was left where it was, to be resumed later. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'

  constructor(executionName: string) {
    super(`The execution ${executionName} was interrupted; it can be resumed`)
  }
}
