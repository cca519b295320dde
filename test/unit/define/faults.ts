import { InvalidDefinition, type Issue } from '../../../src/errors.ts'

/** The issues of the InvalidDefinition that is thrown. */
export function faultsOf(define: () => unknown): readonly Issue[] {
  try {
    define()
  } catch (error) {
    if (error instanceof InvalidDefinition) return error.issues
    throw error
  }
  throw new Error('nothing was refused')
}
