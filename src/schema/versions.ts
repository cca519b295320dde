/** Versions of a team's contents, releases of them, and the pointer that says which release a start takes. */
import * as z from 'zod'
import { Sha256, Version } from './ids.ts'
import { JsonObject } from './json.ts'
import { Lockfile, RunArm } from './run.ts'

export const ContentType = z.enum(['agent', 'tool', 'workflow'])
export type ContentType = z.infer<typeof ContentType>

/** One thing of a team, as it is declared. */
export const Content = z.strictObject({
  type: ContentType,
  name: z.string().min(1).max(64),
  version: Version,
  sha256: Sha256,
  /** What it is, in short: role, model, tools, limits, the hashes of its schemas. */
  spec: JsonObject,
})
export type Content = z.infer<typeof Content>

export const VersionStatus = z.enum(['active', 'deprecated', 'archived'])
export type VersionStatus = z.infer<typeof VersionStatus>

/** As it was first registered: its number may differ from the one that was declared. */
export const RegisteredVersion = Content.extend({ at: z.iso.datetime() })
export type RegisteredVersion = z.infer<typeof RegisteredVersion>

/** Version by `<type>/<name>`, e.g. `agent/writer`. */
export const Contents = z.record(z.string(), Version)
export type Contents = z.infer<typeof Contents>

export const Release = z.strictObject({
  /** From 1, without gaps. */
  sequence: z.int().positive(),
  teamSha256: Sha256,
  lock: Lockfile,
  at: z.iso.datetime(),
  /** Absent: it is from before versions were registered. */
  contents: Contents.optional(),
  by: z.string().min(1).max(2_048).optional(),
  /** Of the code that a host keeps for it. Absent: the lock's ARNs say where the code is. */
  bundle: Sha256.optional(),
})
export type Release = z.infer<typeof Release>

/** A number, or what the stable arm has times a factor, plus an amount. */
export const GuardBound = z.union([
  z.number().nonnegative(),
  z.strictObject({ timesStable: z.number().nonnegative(), plus: z.number().default(0) }),
])
export type GuardBound = z.infer<typeof GuardBound>

/** What ends a canary by itself. */
export const Guard = z.strictObject({
  /** Ended runs of the canary before it is judged; of the stable arm too, where that is compared with. */
  minRuns: z.int().min(1).max(1_000_000),
  /** The share of failed runs may not be above this, 0 to 1. */
  errorRate: GuardBound.optional(),
  /** The mean cost of a run in USD may not be above this. */
  costUsd: GuardBound.optional(),
  /** The mean of a number in the outputs may not be below this. */
  score: z
    .strictObject({
      /** Of the number in the output, e.g. `score` or `review.score`. */
      path: z
        .string()
        .regex(/^[A-Za-z0-9_$-]+(\.[A-Za-z0-9_$-]+)*$/, 'names with dots between them, e.g. review.score'),
      least: GuardBound,
    })
    .optional(),
})
export type Guard = z.infer<typeof Guard>

/** What the ended runs of one arm add up to. */
export const ArmCount = z.strictObject({
  runs: z.int().nonnegative(),
  failed: z.int().nonnegative(),
  costUsd: z.number().nonnegative(),
  /** Runs whose cost is known. */
  priced: z.int().nonnegative(),
  score: z.number(),
  /** Runs whose output has the number. */
  scored: z.int().nonnegative(),
})
export type ArmCount = z.infer<typeof ArmCount>

const who = {
  at: z.iso.datetime(),
  /** As the host authenticated them. */
  by: z.string().min(1).max(2_048),
  reason: z.string().min(1).max(500),
}

export const Canary = z.strictObject({
  /** Of the pointer when it began: names this canary. */
  id: z.int().positive(),
  release: z.int().positive(),
  percent: z.int().min(1).max(99),
  guard: Guard.optional(),
  startedAt: z.iso.datetime(),
  by: who.by,
  reason: who.reason,
})
export type Canary = z.infer<typeof Canary>

/** Which release a start takes. */
export const Pointer = z.strictObject({
  stable: z.int().positive(),
  canary: Canary.optional(),
  /** One more with each move. */
  revision: z.int().positive(),
})
export type Pointer = z.infer<typeof Pointer>

export const ArmCounts = z.strictObject({ stable: ArmCount, canary: ArmCount })
export type ArmCounts = z.infer<typeof ArmCounts>

/** The pointer with what its canary has been seen to do. */
export const PointerView = Pointer.extend({ seen: ArmCounts.optional() })
export type PointerView = z.infer<typeof PointerView>

export const MoveKind = z.enum([
  'published',
  'rolledBack',
  'canaryStarted',
  'canaryPromoted',
  'canaryStopped',
  'statusChanged',
])
export type MoveKind = z.infer<typeof MoveKind>

const place = z.strictObject({
  stable: z.int().positive(),
  canary: z.strictObject({ release: z.int().positive(), percent: z.int() }).optional(),
})

/** Why a guard ended a canary, with the numbers it went by. */
export const BrokenRule = z.strictObject({
  rule: z.enum(['errorRate', 'costUsd', 'score']),
  value: z.number(),
  bound: z.number(),
  ...ArmCounts.shape,
})
export type BrokenRule = z.infer<typeof BrokenRule>

/** One change of the pointer, kept for good. */
export const Move = z.strictObject({
  revision: z.int().positive(),
  kind: MoveKind,
  /** Absent: there was no pointer. */
  from: place.optional(),
  to: place,
  ...who,
  /** Absent: a person did it. */
  rule: BrokenRule.optional(),
  /** Of `statusChanged`. */
  status: z.strictObject({ type: ContentType, name: z.string(), version: Version, status: VersionStatus }).optional(),
})
export type Move = z.infer<typeof Move>

export const Arm = RunArm
export type Arm = z.infer<typeof RunArm>
