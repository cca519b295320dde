import { TerminalError } from '../src/errors.ts'

/** There is no LocalStack, and none could be started; or the one there was is gone. */
export class LocalStackUnavailable extends TerminalError {
  override readonly name = 'LocalStackUnavailable'
}
