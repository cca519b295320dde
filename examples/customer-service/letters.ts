/** The shop's own words for what is said often, and what a letter must not sound like. */
import type { Refunded } from './desk.ts'
import type { Refund } from './policy.ts'
import type { Language } from './words.ts'

interface Words {
  readonly greeting: string
  readonly closing: string
  readonly support: string
  readonly refunded: (sum: string, order: string) => string
  readonly waiting: string
  readonly ask: string
  readonly refused: string
}

const WORDS: Readonly<Record<Language, Words>> = {
  en: {
    greeting: 'Hello,\n\nthank you for your message.',
    closing: 'Kind regards\nYour Fernweg team',
    support: 'Below is what our guide says about it. If that does not help, just answer this mail.',
    refunded: (sum, order) => `we have refunded ${sum} for order ${order}. It arrives within 5 working days.`,
    waiting: 'A colleague has looked at your refund and could not approve it as it is. Please answer this mail.',
    ask: 'Please tell us the number of the order that you mean; it begins with F.',
    refused: 'We are sorry that we cannot refund this order.',
  },
  de: {
    greeting: 'Guten Tag,\n\nvielen Dank für Ihre Nachricht.',
    closing: 'Freundliche Grüße\nIhr Fernweg-Team',
    support: 'Unten steht, was unsere Hilfe dazu sagt. Wenn das nicht reicht, antworten Sie einfach auf diese Mail.',
    refunded: (sum, order) =>
      `Wir haben ${sum} für die Bestellung ${order} erstattet. Das Geld ist in höchstens 5 Werktagen bei Ihnen.`,
    waiting: 'Wir konnten die Erstattung so nicht freigeben. Bitte antworten Sie auf diese Mail.',
    ask: 'Bitte nennen Sie uns die Nummer der Bestellung, um die es geht; sie beginnt mit F.',
    refused: 'Leider können wir diese Bestellung nicht erstatten.',
  },
  fr: {
    greeting: 'Bonjour,\n\nmerci de votre message.',
    closing: 'Cordialement\nVotre équipe Fernweg',
    support: 'Voici ce que dit notre guide. Si cela ne suffit pas, répondez simplement à ce message.',
    refunded: (sum, order) =>
      `Nous avons remboursé ${sum} pour la commande ${order}. Vous les recevrez sous 5 jours ouvrés.`,
    waiting: 'Nous n’avons pas pu accorder le remboursement ainsi. Merci de répondre à ce message.',
    ask: 'Merci de nous donner le numéro de la commande ; il commence par F.',
    refused: 'Nous regrettons de ne pas pouvoir rembourser cette commande.',
  },
  es: {
    greeting: 'Hola:\n\nGracias por su mensaje.',
    closing: 'Un saludo\nSu equipo de Fernweg',
    support: 'Abajo está lo que dice nuestra guía. Si no le ayuda, responda a este correo.',
    refunded: (sum, order) => `Hemos devuelto ${sum} del pedido ${order}. Lo recibirá en 5 días laborables.`,
    waiting: 'No hemos podido aprobar la devolución así. Por favor, responda a este correo.',
    ask: 'Por favor, díganos el número del pedido; empieza por F.',
    refused: 'Lamentamos no poder devolver el dinero de este pedido.',
  },
}

const WHY: Readonly<Record<string, string>> = {
  'refunded already': 'It was refunded before.',
  'second charge':
    'A second charge is a reservation of the bank in nearly every case, and vanishes within 3 working days.',
  delivered: 'The carrier says that it was delivered.',
  'still under way': 'The parcel is still under way; please write again if it has not arrived 14 days after the order.',
  'older than two years': 'It was delivered more than two years ago.',
  'older than 30 days': 'It was delivered more than 30 days ago.',
  'final sale': 'It was bought in the final sale.',
}

/** A letter from the shop's own words. Reasons for a refusal are in English alone. */
export function standardLetter(language: Language, refund: Refund | null, refunded: Refunded | null): string {
  const words = WORDS[language]
  const says =
    refund === null
      ? words.support
      : refunded !== null
        ? words.refunded(euros(refunded.cents), refunded.order)
        : refund.decision === 'ask'
          ? words.ask
          : refund.decision === 'refund'
            ? words.waiting
            : `${words.refused} ${WHY[refund.why] ?? ''}`.trim()
  return `${words.greeting}\n\n${says}\n\n${words.closing}\n`
}

export function euros(cents: number): string {
  return `€${(cents / 100).toFixed(2)}`
}

const TONE: readonly (readonly [RegExp, string])[] = [
  [/\b[A-ZÄÖÜ]{5,}\b(?:\s+\b[A-ZÄÖÜ]{3,}\b)+/, 'do not shout: no words in capitals'],
  [/!{2,}/, 'one exclamation mark at most'],
  [/your (?:own )?fault|you should have|as i said|obviously|selbst schuld/i, 'blame nobody'],
  [/we guarantee|i promise|100 ?%|definitely/i, 'promise nothing that the policy does not say'],
  [/lawsuit|legal action|we admit|our negligence/i, 'say nothing of law: that is for a colleague'],
]

/** What must be changed in a letter; nothing: its tone is fine. A refund is named only if it was paid, with its sum. */
export function faultsOf(letter: string, language: Language, refunded: Refunded | null): string[] {
  const faults = TONE.filter(([pattern]) => pattern.test(letter)).map(([, wanted]) => wanted)
  const greeting = WORDS[language].greeting.split(/\W/)[0] ?? ''
  if (!letter.startsWith(greeting))
    faults.push(`write in the customer's language (${language}): begin with ${greeting}`)
  const sums = [...letter.matchAll(/(?:€ ?|EUR )(\d[\d.,]*\d)|(\d[\d.,]*\d) ?(?:€|EUR)/g)].map(
    (match) => match[1] ?? match[2],
  )
  const paid = refunded ? (refunded.cents / 100).toFixed(2) : undefined
  if (/\bhave refunded|haben .{0,60}erstattet|avons remboursé|hemos devuelto/i.test(letter) && paid === undefined) {
    faults.push('nothing was refunded: do not say so')
  }
  if (paid !== undefined && !sums.some((sum) => sum?.replace(',', '.') === paid)) faults.push(`name the sum: €${paid}`)
  return faults
}
