/** Stands before the connections of AWS's clients where a gate was set up, by their classes: so also before those of tools. */

export interface WireResponse {
  readonly statusCode: number
  readonly headers: Record<string, string>
  body?: unknown
}

export type Handle = (request: never, ...rest: readonly unknown[]) => Promise<{ response: WireResponse }>

type Gate = (handle: Handle) => Handle

let gate: Gate | undefined
const gated = new Set<object>()

export function setGate(given: Gate): void {
  gate = given
}

/** @param handler Of a client: every other one of its class is meant too. Nothing happens where there is no gate. */
export function gateConnections(handler: object): void {
  const connections = Object.getPrototypeOf(handler) as { handle: Handle }
  if (gate === undefined || gated.has(connections)) return
  gated.add(connections)
  connections.handle = gate(connections.handle)
}
