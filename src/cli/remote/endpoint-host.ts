/** What the name of a host tells: whether it is this machine, and whether it is API Gateway. Asks no DNS. */
import { isIPv4 } from 'node:net'

/** LocalStack's own domain, which its names point to this machine. */
const LOCALSTACK = /(^|\.)localhost\.localstack\.cloud$/

export function isLoopback(hostname: string): boolean {
  const name = hostname.toLowerCase().replace(/\.$/, '')
  if (name === 'localhost' || name.endsWith('.localhost') || name === '[::1]' || LOCALSTACK.test(name)) return true
  return isIPv4(name) && name.startsWith('127.')
}

/**
 * The region in the name of an API's own host: `abc123.execute-api.eu-west-1.amazonaws.com`, also through a VPC endpoint
 * and in China. Undefined for every other host, a custom domain among them.
 */
export function hostRegion(hostname: string): string | undefined {
  return /(?:^|[.-])execute-api\.([a-z0-9-]+)\.(?:vpce\.)?amazonaws\.com(?:\.cn)?$/.exec(hostname.toLowerCase())?.[1]
}
