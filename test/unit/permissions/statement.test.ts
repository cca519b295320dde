import { describe, expect, it } from 'vitest'
import { agentBoundary } from '../../../src/permissions/agent-boundary.ts'
import { runRoleTrust } from '../../../src/permissions/run-trust.ts'
import { covers } from '../../../src/permissions/statement.ts'

describe('covers', () => {
  it.each([
    ['iam:*', 'iam:PassRole', true],
    ['IAM:*', 'iam:passrole', true],
    ['states:SendTask*', 'states:SendTaskSuccess', true],
    ['states:SendTask*', 'states:StartExecution', false],
    ['kms:Sign', 'kms:Sign', true],
    ['kms:Sign', 'kms:SignMore', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a*bc', 'abc', true],
    ['ab*ba', 'aba', false],
    ['*', '', true],
  ])('%s covers %s: %s', (pattern, action, expected) => {
    expect(covers(pattern, action)).toBe(expected)
  })
})

describe('runRoleTrust', () => {
  it('takes both tags and no other, never none, under the name of the run', () => {
    const [assume, tag] = runRoleTrust('arn:exec')

    expect(assume).toMatchObject({
      Principal: { AWS: 'arn:exec' },
      Action: ['sts:AssumeRole'],
      Condition: {
        'ForAllValues:StringEquals': { 'aws:TagKeys': ['runId', 'stepId'] },
        Null: { 'aws:TagKeys': 'false', 'aws:RequestTag/runId': 'false', 'aws:RequestTag/stepId': 'false' },
        StringEquals: { 'sts:RoleSessionName': '$'.concat('{aws:RequestTag/runId}') },
      },
    })
    expect(tag).toMatchObject({ Action: ['sts:TagSession'], Condition: { Null: { 'aws:TagKeys': 'false' } } })
  })
})

describe('agentBoundary', () => {
  it('names each action that is granted once, and none that is not', () => {
    const grant = { Sid: 'A', Effect: 'Allow', Action: ['s3:GetObject'], Resource: ['arn:x'] } as const
    const [allow, ...denied] = agentBoundary([grant, grant], 'arn:journal')

    expect(allow?.Action.filter((action) => action === 's3:GetObject')).toEqual(['s3:GetObject'])
    expect(allow?.Action.some((action) => action.includes('*'))).toBe(false)
    expect(denied.every(({ Effect }) => Effect === 'Deny')).toBe(true)
    expect(denied[0]).toMatchObject({ Resource: ['arn:journal'] })
  })
})
