/**
 * `defineMemory`: a space of facts that a team keeps from run to run, and what may be in it. Declares; src/memory keeps the
 * facts. An agent's `memory` says which spaces it searches and which it writes to.
 */
import * as z from 'zod'
import type { Issue } from '../errors.ts'
import { type Label, Labels } from '../schema/label.ts'
import { SpaceName } from '../schema/memory.ts'
import { contentHash, freeze, isKind, parseDefinition, requireFields } from './definition.ts'

interface MemorySpecification {
  readonly name: string
  /** For models: what is worth remembering there, and what can be found. */
  readonly description: string
  /**
   * Which labels what is in it may have. Whoever has read others is refused to write there; whoever searches it has
   * these from then on, and so has what they hand on. @default none: what strangers wrote does not come in
   */
  readonly labels?: readonly string[]
}

/** A space as everything after the declaration sees it. Frozen. */
export interface MemorySpace {
  readonly kind: 'memory-space'
  readonly name: string
  readonly description: string
  /** In order, each once. */
  readonly labels: readonly Label[]
  readonly sha256: string
}

/** What an agent may do with the memory of its team. */
export interface MemoryGrants {
  readonly reads?: readonly MemorySpace[] | undefined
  readonly writes?: readonly MemorySpace[] | undefined
}

const Declaration = z.strictObject({
  name: SpaceName,
  description: z.string().min(1).max(1_000),
  labels: Labels.default([]),
})

/** @throws InvalidDefinition naming each fault, its path and its remedy. */
export function defineMemory(specification: MemorySpecification): MemorySpace {
  requireFields('memory', specification, "defineMemory({ name: 'customers', description: 'What customers prefer.' })")
  const label = `memory ${JSON.stringify(specification.name)}`
  const declared = parseDefinition(label, Declaration, specification, {})
  return freeze({ kind: 'memory-space', ...declared, sha256: contentHash(declared) })
}

/** Spaces of one agent, to search and to write each. */
const MOST_SPACES = 16

const DeclaredSpaces = z
  .array(
    z.custom<MemorySpace>((value) => isKind(value, 'memory-space'), {
      error: 'a space made by defineMemory is expected',
      params: { remedy: 'give [ defineMemory({ name, description }) ]' },
    }),
  )
  .min(1)
  .max(MOST_SPACES)
  .refine((spaces) => new Set(spaces.map((space) => (space as MemorySpace | null)?.name)).size === spaces.length, {
    error: 'two spaces have the same name',
    params: { remedy: 'list each space once' },
  })

/** Of an agent. That a name stands for one space is held over the whole team. */
export const DeclaredMemory = z
  .strictObject({ reads: DeclaredSpaces.optional(), writes: DeclaredSpaces.optional() })
  .refine(({ reads, writes }) => reads !== undefined || writes !== undefined, {
    error: 'neither reads nor writes are given',
    params: { remedy: 'give memory: { reads: [customers], writes: [customers] }, or leave it out' },
  })

/** What the hash of an agent says of them. */
export function hashedMemory({ reads, writes }: MemoryGrants): Readonly<Record<string, readonly string[]>> {
  const hashes = (spaces: readonly MemorySpace[]) => spaces.map(({ sha256 }) => sha256)
  return { ...(reads && { reads: hashes(reads) }), ...(writes && { writes: hashes(writes) }) }
}

interface Remembering {
  readonly name: string
  readonly memory?: MemoryGrants | undefined
}

/** Every space of a team, each once, by name. */
export function spacesOf(agents: readonly Remembering[]): readonly MemorySpace[] {
  const all = agents.flatMap(({ memory }) => [...(memory?.reads ?? []), ...(memory?.writes ?? [])])
  return [...new Map(all.map((space) => [space.name, space])).values()].sort((one, other) =>
    one.name < other.name ? -1 : 1,
  )
}

/** A name is one partition of the records, so that it stands for one space in a team. */
export function memoryIssues(agents: readonly Remembering[]): readonly Issue[] {
  const known = new Map<string, string>()
  return agents.flatMap(({ name: agent, memory }) =>
    (['reads', 'writes'] as const).flatMap((right) =>
      (memory?.[right] ?? []).flatMap(({ name, sha256 }): Issue[] => {
        const first = known.get(name) ?? sha256
        known.set(name, first)
        if (first === sha256) return []
        const remedy = `make it once, const ${name} = defineMemory(…), and give all agents that one`
        return [
          {
            path: `agents.${agent}.memory.${right}.${name}`,
            message: 'another space of the team has this name',
            remedy,
          },
        ]
      }),
    ),
  )
}
