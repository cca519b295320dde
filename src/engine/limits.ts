/** AWS's limits, enforced here as there, so that what runs on a laptop runs in the account. */

/** States' input, output, arguments and results, bytes of JSON. */
export const PAYLOAD_BYTES = 262_144
/** Events of one execution. */
export const HISTORY_EVENTS = 25_000
/** Iterations of an inline Map at a time, whatever MaxConcurrency says. */
export const INLINE_MAP_WIDTH = 40
/** Child executions of a distributed Map at a time. */
export const DISTRIBUTED_MAP_WIDTH = 10_000
/** One variable, bytes of JSON. */
export const VARIABLE_BYTES = 262_144
/** All variables of an execution, bytes of JSON. */
export const VARIABLES_BYTES = 10 * 1024 * 1024
/** The longest Wait, in seconds. */
export const WAIT_SECONDS = 2_147_483_647
/** Largest TimeoutSeconds, HeartbeatSeconds and IntervalSeconds. */
export const TIMEOUT_SECONDS = 99_999_999
/** Largest MaxDelaySeconds. */
export const DELAY_SECONDS = 31_622_400
/** Characters of a state's name. */
export const STATE_NAME_LENGTH = 80
/** Characters of a definition. */
export const DEFINITION_LENGTH = 1_048_576
/** One JSONata evaluation, ms: so that a loop in an expression ends. */
export const EVALUATION_MS = 2_000
