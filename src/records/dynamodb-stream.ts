/** What Lambda is given of a table's stream → changes of items. Says nothing of what they mean. */
import * as z from 'zod'
import { InvalidRequest } from '../errors.ts'
import { itemFrom } from './dynamodb-item.ts'
import type { Item } from './records.ts'
import type { ItemChange } from './seal-rows.ts'

/** As Lambda writes it: binary as base64. */
const Value = z.union([
  z.strictObject({ S: z.string() }),
  z.strictObject({ N: z.string() }),
  z.strictObject({ BOOL: z.boolean() }),
  z.strictObject({ NULL: z.boolean() }).transform(() => ({ NULL: true as const })),
  z.strictObject({ B: z.base64() }).transform(({ B }) => ({ B: new Uint8Array(Buffer.from(B, 'base64')) })),
])
const Image = z.record(z.string(), Value)
const Key = z.object({ pk: z.strictObject({ S: z.string() }), sk: z.strictObject({ S: z.string() }) })

/** Of an image that no adapter of ours wrote, the key alone: whoever seals finds it to be no row. */
const Stored = z.record(z.string(), z.unknown()).transform((image): Item => {
  try {
    return itemFrom(Image.parse(image))
  } catch {
    return itemFrom(Key.parse(image))
  }
})

const StreamRecord = z.looseObject({
  eventName: z.enum(['INSERT', 'MODIFY', 'REMOVE']),
  dynamodb: z.looseObject({
    NewImage: Stored.optional(),
    OldImage: Stored.optional(),
    SequenceNumber: z.string(),
  }),
})
const StreamEvent = z.looseObject({ Records: z.array(StreamRecord) })

/** @throws InvalidRequest where it is no event of a stream with both images. */
export function itemChanges(event: unknown): readonly ItemChange[] {
  const parsed = StreamEvent.safeParse(event)
  if (!parsed.success) throw noStream(z.prettifyError(parsed.error))
  return parsed.data.Records.map(({ eventName: kind, dynamodb: { NewImage, OldImage, SequenceNumber } }) => {
    const item = kind === 'REMOVE' ? OldImage : NewImage
    if (item === undefined) throw noStream(`change ${SequenceNumber} comes without its image`)
    return { kind, item, event: SequenceNumber, ...(kind === 'MODIFY' && OldImage && { old: OldImage }) }
  })
}

function noStream(why: string): InvalidRequest {
  return new InvalidRequest({
    message: `the event is no batch of a table's stream:\n${why}`,
    next: 'Send it the stream of the journal table alone, with NEW_AND_OLD_IMAGES.',
  })
}
