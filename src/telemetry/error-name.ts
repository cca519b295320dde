/**
 * The name of an error as a log line or metric may carry it. What names an error may be anybody's code, so that a name
 * could hold content, or be a new one each time; only what reads like a class name or a rule passes.
 */

export const OTHER_ERROR = 'OtherError'

/** Words, dots, and at most three digits in a row, as in `States.Timeout` and `S3ServiceException`. */
const NAME = /^(?=.{1,64}$)[A-Za-z](?:[A-Za-z.]|\d{1,3}(?!\d))*$/

export function errorName(name: unknown): string {
  return typeof name === 'string' && NAME.test(name) ? name : OTHER_ERROR
}

/** Of a reason written as `<name>: <message>`. */
export function errorNameIn(reason: string | undefined): string {
  return errorName(/^([^:\s]{1,100}): /.exec(reason ?? '')?.[1])
}
