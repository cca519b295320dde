/** What an `otherwise` reads of why its node gave no output: `failure.cause`, `failure.reason`. */
import { access, type Resolve } from './jsonata-text.ts'

/** JSONata for the two texts, where the failure is at hand. */
export interface FailureTexts {
  readonly cause: string
  readonly reason: string
}

const REASON_CHARACTERS = 300

/** @param texts What gives them in the state that the `otherwise` stands in. */
export function withFailure(resolve: Resolve, { cause, reason }: FailureTexts): Resolve {
  const cut = `$substring($string(${reason}), 0, ${REASON_CHARACTERS})`
  return (source, path) => {
    if (source.of !== 'failure') return resolve(source, path)
    const [first, ...rest] = path
    const text = first === 'cause' ? `$string(${cause})` : first === 'reason' ? cut : undefined
    if (text === undefined) return path.reduce(access, `{"cause": $string(${cause}), "reason": ${cut}}`)
    return rest.reduce(access, text)
  }
}

/**
 * Of an error as `Catch` gives it. A cause is mostly JSON: what a Fail state of ours says, or what Lambda says of an error.
 * @param error Text that reads the object with `Error` and `Cause`.
 */
export function ofError(error: string): FailureTexts {
  return { cause: `${error}.Error`, reason: reasonIn(`${error}.Cause`) }
}

/** The reason within a cause, whatever form it has. */
export function reasonIn(cause: string): string {
  const told = '$exists($told.reason) ? $told.reason : $exists($told.errorMessage) ? $told.errorMessage : $cause'
  const text = `$substring($cause, 0, 1) = "{" ? ($told := $parse($cause); ${told}) : $cause`
  return `($cause := $exists(${cause}) ? ${cause} : ""; ${text})`
}
