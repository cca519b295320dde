/** Every finding of cdk-nag (AwsSolutions) that is left as it is, and why. */
import { Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'

export function acknowledgeExceptions(scope: IConstruct): void {
  Validations.of(scope).acknowledge()
}
