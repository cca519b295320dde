/**
 * The user's AWS credentials, found as the AWS CLI finds them: environment, profile, SSO, process, web identity, instance.
 * Slow to load: only imported once something is to be signed.
 */
import { defaultProvider } from '@aws-sdk/credential-provider-node'
import { EndpointRefused } from './remote-errors.ts'
import type { Credentials } from './sign-request.ts'

/**
 * Gives the same credentials until they are about to expire.
 * @throws EndpointRefused where there are none, with what to do about it.
 */
export function awsCredentials(region: string): () => Promise<Credentials> {
  const provider = defaultProvider({ clientConfig: { region } })
  return async () => {
    try {
      return await provider()
    } catch (error) {
      const why = (error as Error).message
      throw new EndpointRefused({
        message: `The request must be signed, and no AWS credentials were found: ${why}`,
        next: /sso/i.test(why)
          ? 'Sign in: aws sso login --profile NAME, and set AWS_PROFILE=NAME.'
          : 'Sign in with `aws sso login`, name a profile with AWS_PROFILE, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. `aws sts get-caller-identity` shows whether that worked.',
        cause: error,
      })
    }
  }
}
