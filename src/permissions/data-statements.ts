/** Rights on tables, bucket and key, as both agents and the team's own functions need them. */

import type { DataResources } from './resources.ts'
import type { Conditions, Statement } from './statement.ts'

/** `ForAllValues` is true of a request without keys, e.g. a Scan: hence the second condition. */
export function leadingKeys(keys: readonly string[], tags: readonly string[] = []): Conditions {
  const operator = keys.some((key) => key.endsWith('*')) ? 'ForAllValues:StringLike' : 'ForAllValues:StringEquals'
  return {
    [operator]: { 'dynamodb:LeadingKeys': keys },
    Null: {
      'dynamodb:LeadingKeys': 'false',
      ...Object.fromEntries(tags.map((tag) => [`aws:PrincipalTag/${tag}`, 'false'])),
    },
  }
}

export function keyStatements({ keyArn, place }: DataResources): readonly Statement[] {
  if (keyArn === undefined) return []
  const through = ['dynamodb', 's3'].map((service) => `${service}.${place.region}.amazonaws.com`)
  return [
    {
      Sid: 'UseKey',
      Effect: 'Allow',
      Action: KEY_ACTIONS,
      Resource: [keyArn],
      Condition: { StringEquals: { 'kms:ViaService': through } },
    },
  ]
}

const KEY_ACTIONS = [
  'kms:Decrypt',
  'kms:DescribeKey',
  'kms:Encrypt',
  'kms:GenerateDataKey',
  'kms:ReEncryptFrom',
  'kms:ReEncryptTo',
]
