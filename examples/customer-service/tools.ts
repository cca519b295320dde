/** The work that code does: mails, orders, money, letters. What the workflow gave (`stepInput`) counts, not what a model says. */
import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { defineTool, NotActed, type OutputCheck } from 'baton'
import * as z from 'zod'
import { Citation } from './answer.ts'
import {
  bookRefund,
  Mail,
  mailOf,
  Order,
  ordersOf,
  postLetter,
  Refunded,
  refundOf,
  Settings,
  TicketId,
} from './desk.ts'
import { faultsOf, standardLetter } from './letters.ts'
import { APPROVAL_ABOVE_CENTS, decideRefund, Reason, Refund } from './policy.ts'
import { DESKS, guess, LANGUAGES, orderIn, reasonOf } from './words.ts'

export const Ticket = z.strictObject({ ticket: TicketId.describe('number of the ticket, e.g. T-1001') })

export const Sorted = z.strictObject({
  mail: Mail,
  desk: z.enum(DESKS).describe('billing: money back; support: all other questions; person: what no program may answer'),
  urgency: z.enum(['high', 'normal']),
  language: z.enum(LANGUAGES).describe('in which the customer writes'),
})
export type Sorted = z.infer<typeof Sorted>

export const readMail = defineTool({
  name: 'read_mail',
  description: 'Gives the mail of the ticket, with a guess by words alone of desk, urgency and language.',
  input: z.strictObject({}),
  output: Sorted,
  settings: Settings,
  effect: 'read',
  untrusted: true,
  run: async (_, { settings, stepInput, reads }) => {
    const { ticket } = Ticket.parse(stepInput)
    const mail = mailOf(ticket, settings)
    reads({ uri: `ticket:${ticket}`, sha256: sha256Of(mail) })
    return { mail, ...guess(mail) }
  },
})

export const mailAsItCame: OutputCheck<Sorted> = {
  name: 'mail_as_it_came',
  description: 'The mail is passed on word for word, and what only a person may answer goes to one.',
  run: async ({ mail, desk }, { input, settings }) => {
    const came = mailOf(Ticket.parse(input).ticket, Settings.parse(settings))
    if (!isDeepStrictEqual(came, mail)) return reject('mail: give it as read_mail gave it, without a change')
    const isForPerson = guess(came).desk === 'person' && desk !== 'person'
    return isForPerson ? reject('desk: law, press, injuries and who asks for a person go to "person"') : ACCEPT
  },
}

const Mailed = z.strictObject({ ...Ticket.shape, mail: Mail })
export const Billing = z.strictObject({ refund: Refund })

export const readClaim = defineTool({
  name: 'read_claim',
  description:
    'Gives the orders of the customer, the order that the mail is about and its reason, guessed by words alone.',
  input: z.strictObject({}),
  output: z.strictObject({ order: z.string(), reason: Reason, orders: z.array(Order) }),
  settings: Settings,
  effect: 'read',
  run: async (_, { settings, stepInput }) => {
    const { mail } = Mailed.parse(stepInput)
    const orders = await ordersOf(mail.from, settings)
    const only = orders.length === 1 ? orders[0]?.order : undefined
    return { order: orderIn(mail) ?? only ?? '', reason: reasonOf(mail), orders }
  },
})

const decide = async ({ order, reason }: { order: string; reason: Reason }, mail: Mail, settings: Settings) => {
  const orders = await ordersOf(mail.from, settings)
  return decideRefund(
    orders.find((one) => one.order === order),
    reason,
    mail.date,
  )
}

export const checkRefund = defineTool({
  name: 'check_refund',
  description:
    'Says what the policy grants for an order of this customer and a reason: refund, refuse or ask, and the sum.',
  input: z.strictObject({ order: z.string().describe('empty: unknown'), reason: Reason }),
  output: Billing,
  settings: Settings,
  effect: 'read',
  run: async (claim, { settings, stepInput }) => ({
    refund: await decide(claim, Mailed.parse(stepInput).mail, settings),
  }),
})

export const byPolicy: OutputCheck<z.infer<typeof Billing>> = {
  name: 'by_policy',
  description: 'The refund is what the policy grants, to the cent.',
  run: async ({ refund }, { input, settings }) => {
    const granted = await decide(refund, Mailed.parse(input).mail, Settings.parse(settings))
    return isDeepStrictEqual(granted, refund) ? ACCEPT : reject('refund: give it as check_refund gave it')
  },
}

export const Payment = z.strictObject({ ...Mailed.shape, ...Refunded.shape, reason: Reason })

export const refundOrder = defineTool({
  name: 'refund_order',
  description: 'Pays the price of an order back to the customer, once.',
  input: Refunded,
  output: z.strictObject({ refunded: Refunded }),
  settings: Settings,
  effect: 'keyed',
  approval: { when: ({ cents }) => cents > APPROVAL_ABOVE_CENTS, requesterMayApprove: true },
  run: async (asked, context) => {
    const { ticket, mail, order, cents, reason } = Payment.parse(context.stepInput)
    if (asked.order !== order || asked.cents !== cents) throw refused(`granted are ${cents} cents for ${order}`)
    const granted = await decide({ order, reason }, mail, context.settings)
    const isOurs = (await refundOf(ticket, context.settings))?.order === order
    if (!isOurs && (granted.decision !== 'refund' || granted.cents !== cents)) throw refused(granted.why)
    return z.strictObject({ refunded: Refunded }).parse(await bookRefund(ticket, { order, cents }, context))
  },
})

export const Paid = z.strictObject({ refunded: Refunded.nullable().describe('null: it was not paid') })

export const asBooked: OutputCheck<z.infer<typeof Paid>> = {
  name: 'as_booked',
  description: 'What was refunded is what the books say.',
  run: async ({ refunded }, { input, settings }) => {
    const booked = await refundOf(Payment.parse(input).ticket, Settings.parse(settings))
    if (isDeepStrictEqual(booked, refunded)) return ACCEPT
    return reject(`refunded: the books say ${JSON.stringify(booked)}`)
  },
}

export const Draft = z.strictObject({
  letter: z.string().min(20).max(4_000).describe('the mail to the customer, complete'),
  sources: z.array(Citation).max(3).describe('what of the knowledge base the letter relies on'),
})
export const Draftable = z.strictObject({
  question: z.string().describe('what the customer writes, in one text'),
  ...Sorted.shape,
  refund: Refund.nullable().describe('null: it is not about money'),
  refunded: Refunded.nullable().describe('what was paid; null: nothing'),
  wanted: z.array(z.string()).nullable().describe('what must be changed in your last letter; null: it is the first'),
})

export const readStandardLetter = defineTool({
  name: 'read_standard_letter',
  description: "Gives a letter for this case in the shop's own words, in the customer's language.",
  input: z.strictObject({}),
  output: z.strictObject({ letter: z.string() }),
  effect: 'read',
  run: async (_, { stepInput }) => {
    const { language, refund, refunded } = Draftable.parse(stepInput)
    return { letter: standardLetter(language, refund, refunded) }
  },
})

export const Judgeable = z.strictObject({ ...Draft.shape, language: z.enum(LANGUAGES), refunded: Refunded.nullable() })
export const Judged = z.strictObject({
  ...Draft.shape,
  tone: z.enum(['fine', 'change']),
  wanted: z.array(z.string().min(1).max(300)).max(10).describe('what must be changed; nothing where the tone is fine'),
})

export const checkTone = defineTool({
  name: 'check_tone',
  description: 'Holds the letter against the rules of the house: shouting, blame, promises, language, sums.',
  input: z.strictObject({}),
  output: Judged.pick({ tone: true, wanted: true }),
  effect: 'read',
  run: async (_, { stepInput }) => {
    const { letter, language, refunded } = Judgeable.parse(stepInput)
    const wanted = faultsOf(letter, language, refunded)
    return { tone: wanted.length === 0 ? ('fine' as const) : ('change' as const), wanted }
  },
})

export const judgedByRules: OutputCheck<z.infer<typeof Judged>> = {
  name: 'judged_by_rules',
  description: 'The letter is passed on unchanged, and a letter that breaks a rule of the house is not fine.',
  run: async ({ letter, sources, tone }, { input }) => {
    const given = Judgeable.parse(input)
    const isSame = isDeepStrictEqual({ letter, sources }, { letter: given.letter, sources: given.sources })
    if (!isSame) return reject('letter and sources: give them as they were given')
    const faults = faultsOf(letter, given.language, given.refunded)
    return faults.length > 0 && tone === 'fine' ? reject(`tone: it is not fine: ${faults.join('; ')}`) : ACCEPT
  },
}

export const Outgoing = z.strictObject({
  ...Mailed.shape,
  letter: z.string(),
  quotes: Draft.shape.sources.describe('sent below the letter'),
})
export const Sent = z.strictObject({ to: z.string(), ticket: TicketId })

export const sendLetter = defineTool({
  name: 'send_letter',
  description: 'Sends the letter of this step to the customer who wrote, once.',
  input: Ticket,
  output: z.strictObject({ sent: Sent }),
  settings: Settings,
  effect: 'keyed',
  run: async (_, context) => {
    const { ticket, mail, letter, quotes } = Outgoing.parse(context.stepInput)
    const whole = [letter.trimEnd(), ...quotes.map(({ quote }) => `> ${quote}`)].join('\n\n')
    return z.strictObject({ sent: Sent }).parse(await postLetter(ticket, mail.from, whole, context))
  },
})

const sha256Of = (mail: Mail) => createHash('sha256').update(JSON.stringify(mail)).digest('hex')
const ACCEPT = { verdict: 'accept' } as const
const reject = (problem: string) => ({ verdict: 'reject', problems: [problem] }) as const
const refused = (message: string) =>
  new NotActed({ message: `not refunded: ${message}`, next: 'Report that nothing was paid.' })
