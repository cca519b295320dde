/**
 * What a team says of the data of a tool: which labels its results carry, which labels it takes, whether it sends data out,
 * and with which arguments it may be called. Declares; src/tools/authorize.ts holds each call against it.
 */
import * as z from 'zod'
import { InvalidDefinition } from '../errors.ts'
import type { Json, JsonObject } from '../schema/json.ts'
import { Label, Labels, UNTRUSTED } from '../schema/label.ts'

/** What a rule may look at beside the arguments. */
export interface PolicyContext {
  readonly runId: string
  readonly stepId: string
  readonly agent: string
  /** What the operator set for the run. No model can change it. */
  readonly settings: JsonObject
  /** What the workflow gave the step, parsed by the agent's schema. No model can change it. */
  readonly stepInput: Json
  /** Of all that the step had read before the model asked for the call. */
  readonly labels: readonly Label[]
}

/**
 * A rule for the arguments of a call, held against them after the schema and before anything runs. It decides from what it
 * is given alone; anything but `true` denies the call, and so does a throw.
 */
export interface PolicyRule<Input = unknown> {
  /** `refunds-below-100`: the call is denied by `policy.<name>`. */
  readonly name: string
  /** What it allows, for the model and for people. */
  readonly description: string
  allows(input: Input, context: PolicyContext): boolean
}

/** Which labels a tool takes, and what comes of a call by who has read others. */
export const Takes = z.strictObject({
  labels: Labels,
  /** @default 'ask' */
  otherwise: z.enum(['ask', 'deny']).default('ask'),
})
export type Takes = z.output<typeof Takes>

/** What of it a tool may declare. */
export interface ToolPolicy<Input = unknown> {
  /** What its results carry, beside `untrusted`: `['private']`. @default none */
  readonly gives?: readonly string[]
  /** Of what a step has read, the labels with which it may call this tool. @default any */
  readonly takes?: { readonly labels: readonly string[]; readonly otherwise?: Takes['otherwise'] }
  /** Whether it sends data to somebody outside: mails, payments, posts. @default false */
  readonly outward?: boolean
  /** Rules for its arguments. @default none */
  readonly policy?: readonly PolicyRule<Input>[]
}

const MOST_RULES = 16

export const DeclaredRules = z
  .array(
    z.custom<PolicyRule>(isRule, {
      error: 'a rule has a name of a-z 0-9 -, a description and an allows function',
      params: { remedy: "give [ { name: 'small-sums', description: 'Up to 100.', allows: (input) => … } ]" },
    }),
  )
  .min(1)
  .max(MOST_RULES)
  .refine((rules) => new Set(rules.map((rule) => rule?.name)).size === rules.length, {
    error: 'two rules have the same name',
    params: { remedy: 'give each rule a name of its own' },
  })

export const DeclaredPolicy = {
  gives: Labels.optional(),
  takes: Takes.optional(),
  outward: z.boolean().optional(),
  policy: DeclaredRules.optional(),
}

function isRule(value: unknown): boolean {
  const rule = value as Partial<PolicyRule> | null
  const hasName = Label.safeParse(rule?.name).success
  return hasName && typeof rule?.allows === 'function' && typeof rule.description === 'string' && !!rule.description
}

/** What the hash of a tool or an agent says of rules. */
export function hashedRules(rules: readonly PolicyRule[]) {
  return rules.map(({ name, description }) => ({ name, description }))
}

interface Source {
  readonly untrusted?: boolean | undefined
  readonly gives?: readonly Label[] | undefined
}

/** What the results of a tool carry. */
export function labelsGiven({ untrusted, gives = [] }: Source): readonly Label[] {
  return untrusted && !gives.includes(UNTRUSTED) ? [...gives, UNTRUSTED] : gives
}

/** @throws InvalidDefinition where a tool that only reads is said to send. */
export function checkPolicy(label: string, { effect, outward }: { effect: string; outward?: boolean | undefined }) {
  if (!outward || effect !== 'read') return
  const message = 'a tool that sends data out has an effect, and this one only reads'
  const remedy = "declare its effect, e.g. 'keyed' or 'opaque', or leave outward out"
  throw new InvalidDefinition(label, [{ path: 'outward', message, remedy }])
}
