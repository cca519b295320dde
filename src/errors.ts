/**
 * Errors by consequence. The literal `name` of each class is wire format: Step Functions' Retry and Catch match on that
 * string, so it is written out and survives minification. Message = what happened, what was given, what was expected;
 * `next` = what to do about it.
 */

interface ErrorParts {
  readonly message: string
  /** What the reader should do next: a sentence, or a command to paste. */
  readonly next: string
  readonly cause?: unknown
}

export abstract class BatonError extends Error {
  abstract override readonly name: string
  readonly next: string

  constructor({ message, next, cause }: ErrorParts) {
    super(message, cause === undefined ? undefined : { cause })
    this.next = next
  }
}

/** Trying the same thing again later may work. ASL retries these by name. */
export abstract class RetryableError extends BatonError {
  /** Milliseconds to wait at least, where the other side said so. */
  readonly retryAfterMs: number | undefined

  constructor(parts: ErrorParts & { readonly retryAfterMs?: number | undefined }) {
    super(parts)
    this.retryAfterMs = parts.retryAfterMs
  }
}

/** Trying again gives the same answer. */
export abstract class TerminalError extends BatonError {}

// Models ------------------------------------------------------------------------------------------------------------

export class ModelThrottled extends RetryableError {
  override readonly name = 'RetryableModelThrottled'
}
export class ModelTimedOut extends RetryableError {
  override readonly name = 'RetryableModelTimedOut'
}
/** 5xx, a refused or cut connection. */
export class ModelUnavailable extends RetryableError {
  override readonly name = 'RetryableModelUnavailable'
}
/** An answer that is no answer: HTML, cut JSON, no content. */
export class ModelGarbage extends RetryableError {
  override readonly name = 'RetryableModelGarbage'
}
/** 400: the request itself is wrong. */
export class ModelRejectedRequest extends TerminalError {
  override readonly name = 'ModelRejectedRequest'
}
/** 401, 403, no credentials, no access to the model. */
export class ModelAccessDenied extends TerminalError {
  override readonly name = 'ModelAccessDenied'
}
/** A scripted model was asked something that its script does not hold. */
export class ScriptExhausted extends TerminalError {
  override readonly name = 'ScriptExhausted'
}

// Definitions and input ---------------------------------------------------------------------------------------------

/** One fault in a definition or an input: where, what, and the remedy. */
export interface Issue {
  /** Path from the root of what was checked, e.g. `agents.researcher.limits.turns`. */
  readonly path: string
  readonly message: string
  readonly remedy: string
}

/** A team, agent, tool or workflow that cannot be what was declared. Lists every fault found. */
export class InvalidDefinition extends TerminalError {
  override readonly name = 'InvalidDefinition'
  readonly issues: readonly Issue[]

  constructor(what: string, issues: readonly Issue[]) {
    super({
      message: `${what} is not valid:\n${issues.map((i) => `  ${i.path}: ${i.message} (${i.remedy})`).join('\n')}`,
      next: issues[0]?.remedy ?? 'Correct the definition.',
    })
    this.issues = issues
  }
}

/** A request that cannot be carried out as given: bad input, an unknown name, an unreadable file. */
export class InvalidRequest extends TerminalError {
  override readonly name = 'InvalidRequest'
}
export class NotFound extends TerminalError {
  override readonly name = 'NotFound'
}
/** Whoever asks may not, whatever they ask it with. */
export class Forbidden extends TerminalError {
  override readonly name = 'Forbidden'
}
/** What an agent tried is beyond what it was granted: by IAM's own rules, whoever applied them. */
export class PermissionDenied extends TerminalError {
  override readonly name = 'PermissionDenied'
  /** e.g. `dynamodb:GetItem` */
  readonly action: string
  /** An ARN. */
  readonly resource: string
  readonly why: string

  constructor(parts: Omit<ErrorParts, 'message'> & Pick<PermissionDenied, 'action' | 'resource' | 'why'>) {
    const { action, resource, why } = parts
    super({ ...parts, message: `${action} on ${resource} is denied: ${why}` })
    this.action = action
    this.resource = resource
    this.why = why
  }
}
/** Somebody else is at it, or it is over already. */
export class Conflict extends TerminalError {
  override readonly name = 'Conflict'
}

// Tools -------------------------------------------------------------------------------------------------------------

/** What a tool throws where its call certainly did nothing: its claim is given up, and nobody has to be asked. */
export class NotActed extends TerminalError {
  override readonly name = 'NotActed'
}
/**
 * What a tool throws where it cannot know whether its call did anything, e.g. a connection that broke before the answer; and
 * what a model is told of a call whose fate nobody knows.
 */
export class EffectUnknown extends TerminalError {
  override readonly name = 'EffectUnknown'
}
/** A condition of a `table` tool's write did not hold. Nothing was written. */
export class TableWriteRefused extends TerminalError {
  override readonly name = 'TableWriteRefused'
  /** Index of the first write whose condition did not hold. */
  readonly failed: number

  constructor(parts: ErrorParts & { readonly failed: number }) {
    super(parts)
    this.failed = parts.failed
  }
}

// Memory ------------------------------------------------------------------------------------------------------------

/** A space holds as many facts as it may. */
export class MemoryFull extends TerminalError {
  override readonly name = 'MemoryFull'
}
/** What would be remembered was forgotten on purpose: its source is refused, or this very write was. */
export class MemoryForgotten extends TerminalError {
  override readonly name = 'MemoryForgotten'
}
/** Search by meaning where nothing is there to make vectors with. */
export class EmbedderMissing extends TerminalError {
  override readonly name = 'EmbedderMissing'
}

// Records -----------------------------------------------------------------------------------------------------------

/** The store did not answer, or asked to slow down. */
export class RecordsUnavailable extends RetryableError {
  override readonly name = 'RetryableRecordsUnavailable'
}
/**
 * The store refused for good: a right that is missing, a table or bucket that is not there. To a state machine the same as
 * InvalidRequest, name and all; a client of the API can do nothing about it, and is not told which right of which role.
 */
export class RecordsRefused extends InvalidRequest {}
/** The stored data is not what this version wrote: damaged, or made by a newer version. */
export class RecordsCorrupt extends TerminalError {
  override readonly name = 'RecordsCorrupt'
}

/** The `name` of every class above that is a RetryableError: what ASL retries. */
export const RETRYABLE_NAMES = [
  'RetryableModelGarbage',
  'RetryableModelThrottled',
  'RetryableModelTimedOut',
  'RetryableModelUnavailable',
  'RetryableRecordsUnavailable',
] as const

/** For `catch`: what is not there is nothing, and any other failure is one. */
export function ignoreNotFound(error: unknown): undefined {
  if (!(error instanceof NotFound)) throw error
  return undefined
}

/** For the `default` of a closed switch: a value that the types say cannot be. */
export function assertNever(value: never): never {
  throw new TypeError(`unexpected value: ${JSON.stringify(value)}`)
}
