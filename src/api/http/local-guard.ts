/**
 * For a server without authorisation that listens on this machine: what keeps web pages of others out. A page can make the
 * user's browser ask any address; it cannot hide where the question comes from, nor (DNS rebinding) which name was asked.
 */
import { RefusedRequest } from './problem.ts'

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]']

/** @param names Hosts that may be asked for, beside the loopback's own. @throws RefusedRequest 403 */
export function refuseForeign(request: Request, names: readonly string[]): void {
  const host = request.headers.get('host') ?? new URL(request.url).host
  const name = host.replace(/:\d+$/, '').toLowerCase()
  if (!LOOPBACK.includes(name) && !names.includes(name)) {
    throw refused(`This server does not answer for the host ${JSON.stringify(host)}`)
  }
  const origin = request.headers.get('origin')
  if (origin !== null && origin.toLowerCase() !== `http://${host}`.toLowerCase()) {
    throw refused(`A page of ${JSON.stringify(origin)} may not use this server`)
  }
  const site = request.headers.get('sec-fetch-site')
  if (site === 'cross-site' || site === 'same-site') throw refused('A page of another site may not use this server')
}

function refused(message: string): RefusedRequest {
  return new RefusedRequest({
    status: 403,
    message,
    next: 'Ask for it by the address that `baton serve` printed, from no other web page.',
  })
}
