/**
 * What can go wrong between here and a deployed team, beside what its API says of a request. Not in src/errors.ts: none of
 * these reaches a state machine, so that their names are no wire format of Retry and Catch.
 */
import { RetryableError, TerminalError } from '../../errors.ts'

/** No answer, or 429 or 5xx: the same may work later. */
export class EndpointUnavailable extends RetryableError {
  override readonly name = 'EndpointUnavailable'
  /** That the request was carried out is ruled out, so that also one that may not be repeated can be sent again. */
  readonly wasTurnedAway: boolean

  constructor({ wasTurnedAway, ...parts }: ConstructorParameters<typeof RetryableError>[0] & WasTurnedAway) {
    super(parts)
    this.wasTurnedAway = wasTurnedAway
  }
}

interface WasTurnedAway {
  readonly wasTurnedAway: boolean
}

/** 401, 403, no credentials, a certificate that is not trusted. */
export class EndpointRefused extends TerminalError {
  override readonly name = 'EndpointRefused'
}

/** What answers there is no API of Baton: a login page, a proxy, another service. */
export class EndpointUnknown extends TerminalError {
  override readonly name = 'EndpointUnknown'
}
