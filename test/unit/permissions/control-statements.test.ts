import { expect, it } from 'vitest'
import { controlStatements } from '../../../src/permissions/control-statements.ts'

const RESOURCES = {
  recordsTableArn: 'arn:records',
  journalTableArn: 'arn:journal',
  artifactsBucketArn: 'arn:bucket',
  place: { partition: 'aws', region: 'eu-west-1', account: '111122223333', team: 'shop' },
  team: 'shop',
}

it('lets the control function write what one decision changes together: the run and the agents’ records of its team', () => {
  const [write] = controlStatements(RESOURCES).filter(({ Sid }) => Sid === 'WriteRuns')
  const keys = JSON.stringify(write?.Condition)
  expect(write?.Action).toContain('dynamodb:UpdateItem')
  for (const key of ['RUN#*', 'CALIBRATION#shop']) expect(keys).toContain(JSON.stringify(key))
  expect(keys).not.toContain('CALIBRATION#*')
})
