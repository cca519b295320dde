/**
 * `defineMessage`: what one agent may say to another, by its form. Declares; src/mailbox keeps the messages, the agents'
 * `sends` and `receives` say who may send which to whom.
 */
import * as z from 'zod'
import { InvalidDefinition } from '../errors.ts'
import { AgentName, MessageName } from '../schema/ids.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import { contentHash, freeze, isKind, parseDefinition, requireFields } from './definition.ts'

interface MessageSpecification<Body extends z.ZodType> {
  readonly name: string
  /** For the models of both sides: what it says, and when to send it. */
  readonly description: string
  readonly body: Body
}

/** A type of message as everything after the declaration sees it. Frozen. */
export interface MessageType<Body extends z.ZodType = z.ZodType> {
  readonly kind: 'message'
  readonly name: MessageName
  readonly description: string
  readonly body: Body
  readonly bodySchema: JsonObject
  readonly sha256: string
}

/** Types of messages by the agent at the other end. */
export type MessageEdges = Readonly<Record<string, readonly MessageType[]>>

const Declaration = z.strictObject({ name: MessageName, description: z.string().min(1).max(1_000) })

/** @throws InvalidDefinition naming each fault, its path and its remedy. */
export function defineMessage<Body extends z.ZodType>(specification: MessageSpecification<Body>): MessageType<Body> {
  requireFields('message', specification, 'defineMessage({ name, description, body })')
  const { body, ...rest } = specification
  const label = `message ${JSON.stringify(rest.name)}`
  const declared = parseDefinition(label, Declaration, rest, { schemas: { body } })
  if (body.safeParse(undefined).success) {
    const remedy = 'give body a schema, e.g. z.strictObject({ … })'
    throw new InvalidDefinition(label, [{ path: 'body', message: 'it takes a message without a body', remedy }])
  }
  const bodySchema = z.toJSONSchema(body, { io: 'input' }) as { [key: string]: Json }
  return freeze({ kind: 'message', ...declared, body, bodySchema, sha256: contentHash({ ...declared, bodySchema }) })
}

/** Agents that one may send to, or receive from. */
const PEERS = 32
const TYPES = 16

/** Of an agent's `sends` and `receives`. */
export const DeclaredEdges = z
  .record(
    AgentName,
    z
      .array(
        z.custom<MessageType>((value) => isKind(value, 'message'), {
          error: 'a message made by defineMessage is expected',
          params: { remedy: 'give { agent: [ defineMessage({ … }) ] }' },
        }),
      )
      .min(1)
      .max(TYPES),
  )
  .refine((edges) => Object.keys(edges).length > 0 && Object.keys(edges).length <= PEERS, {
    error: `one to ${PEERS} agents are expected`,
    params: { remedy: 'name the agents at the other end, or leave the field out' },
  })
  .refine((edges) => typesOf(edges).every((one, index, all) => all.findIndex(sameName(one)) === index), {
    error: 'two types of messages have the same name',
    params: { remedy: 'define the message once and use that one, or give each a name of its own' },
  })

/** Every type of some edges, once. */
export function typesOf(edges: MessageEdges = {}): readonly MessageType[] {
  const all = Object.values(edges).flatMap((types) => (Array.isArray(types) ? types : []))
  return [...new Map(all.map((type) => [type?.sha256, type])).values()]
}

/** What the hash of an agent says of them. */
export function hashedEdges(edges: MessageEdges): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(edges).map(([agent, types]) => [agent, types.map(({ sha256 }) => sha256)]))
}

/** Refinements run on what is no message as well. */
function sameName(one: MessageType) {
  return (other: MessageType) => (other as MessageType | null)?.name === (one as MessageType | null)?.name
}
