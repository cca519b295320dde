/** Publishes versions of state machines. The same definition again is the same version. */
import { ConflictException, PublishStateMachineVersionCommand, type SFNClient } from '@aws-sdk/client-sfn'
import type { Clock } from '../src/clock.ts'
import { RecordsUnavailable } from '../src/errors.ts'

/** Of one state machine: its ARN in, its version's ARN out. */
export type PublishVersion = (stateMachineArn: string) => Promise<string>

const TRIES = 6
const WAIT_MS = 1_000

/** An update that has only just been made may still be under way. */
export function stepFunctionsVersions(client: SFNClient, clock: Clock): PublishVersion {
  return async (stateMachineArn) => {
    for (let tries = 1; ; tries += 1) {
      try {
        const command = new PublishStateMachineVersionCommand({ stateMachineArn })
        const { stateMachineVersionArn } = await client.send(command)
        if (stateMachineVersionArn !== undefined) return stateMachineVersionArn
        throw new RecordsUnavailable({
          message: `Step Functions gave no version of ${stateMachineArn}`,
          next: 'Deploy the team again.',
        })
      } catch (error) {
        if (!(error instanceof ConflictException) || tries >= TRIES) throw error
        await clock.sleep(WAIT_MS * 2 ** tries)
      }
    }
  }
}
