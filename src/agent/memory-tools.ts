/**
 * The synthetic tools by which an agent searches and adds to what its team remembers. Their schemas hold the spaces that it was
 * granted and no others, so that the gate refuses what goes beyond them, whatever the model says. The step carries them out.
 */
import * as z from 'zod'
import type { Agent } from '../define/agent.ts'
import type { MemorySpace } from '../define/memory.ts'
import { defineTool, type Tool } from '../define/tool.ts'
import { REMEMBER_TOOL, SEARCH_MEMORY_TOOL } from '../schema/model-call.ts'

/** Facts of one answer, at most, and where the model does not say. */
const MOST_FACTS = 10
export const DEFAULT_FACTS = 5
/** Characters. */
const QUERY_CHARACTERS = 1_000
const SUBJECT_CHARACTERS = 200
const SOURCE_CHARACTERS = 500
const KEY_CHARACTERS = 100
const TEXT_CHARACTERS = 4_000

/** What the gate lets through. Without a space: the one there is, or, of a search, all that the agent may read. */
export const SearchMemoryInput = z.strictObject({
  space: z.string().optional(),
  query: z.string(),
  limit: z.int().optional(),
  subject: z.string().optional(),
})
export const RememberInput = z.strictObject({
  space: z.string().optional(),
  text: z.string(),
  subject: z.string(),
  source: z.string(),
  key: z.string().optional(),
})

const FoundFact = z.strictObject({
  space: z.string(),
  id: z.string(),
  version: z.int().positive(),
  subject: z.string(),
  text: z.string(),
  source: z.string(),
  at: z.string(),
})

export const SearchMemoryOutput = z.strictObject({
  /** Best first. */
  facts: z.array(FoundFact),
  /** Found, and left out as they are too long to be shown together. */
  omitted: z.int().positive().optional(),
  /** A space that was searched takes what strangers wrote. */
  untrusted: z.literal(true).optional(),
  /** Of other data that the spaces that were searched take. */
  labels: z.array(z.string()).optional(),
})
export const RememberOutput = z.strictObject({
  space: z.string(),
  id: z.string(),
  version: z.int().positive(),
  subject: z.string(),
})

/** None where the agent has no memory. */
export function memoryTools({ memory }: Pick<Agent, 'memory'>): readonly Tool[] {
  const { reads, writes } = memory ?? {}
  return [...(reads === undefined ? [] : [searchTool(reads)]), ...(writes === undefined ? [] : [rememberTool(writes)])]
}

function searchTool(spaces: readonly MemorySpace[]): Tool {
  const words = 'Only this space. Left out: all of them'
  return defineTool({
    name: SEARCH_MEMORY_TOOL,
    description:
      'Searches what was remembered in earlier runs and in this one: facts, each with its subject, its source and its ' +
      `time. Where two of them contradict each other, the later one counts. Spaces:\n${linesOf(spaces)}`,
    input: z.strictObject({
      space: z.enum(namesOf(spaces)).optional().describe(words),
      query: z.string().min(1).max(QUERY_CHARACTERS).describe('What you want to know, in words'),
      limit: z.int().min(1).max(MOST_FACTS).optional().describe(`Facts at most; ${DEFAULT_FACTS} if left out`),
      subject: z.string().min(1).max(SUBJECT_CHARACTERS).optional().describe('Only facts of this very subject'),
    }),
    output: SearchMemoryOutput,
    effect: 'read',
    run: byTheStep,
  })
}

function rememberTool(spaces: readonly MemorySpace[]): Tool {
  const space = z.enum(namesOf(spaces))
  return defineTool({
    name: REMEMBER_TOOL,
    description:
      'Remembers a fact for later runs of this team. Give one fact at a time, in a sentence that stands by itself, and ' +
      `where you have it from. What changes in time has a key: the later fact takes the place of the earlier. Spaces:\n${linesOf(spaces)}`,
    input: z.strictObject({
      space: spaces.length === 1 ? space.optional() : space,
      text: z.string().min(1).max(TEXT_CHARACTERS).describe('The fact'),
      subject: z.string().min(1).max(SUBJECT_CHARACTERS).describe('What it is about, e.g. customer 17'),
      source: z.string().min(1).max(SOURCE_CHARACTERS).describe('Where you have it from: a URL, a file, who said it'),
      key: z.string().min(1).max(KEY_CHARACTERS).optional().describe('Of what can have one value only, e.g. address'),
    }),
    output: RememberOutput,
    effect: 'keyed',
    policy: [takesOnlyItsLabels(spaces)],
    run: byTheStep,
  })
}

/** A space is a sink: what it does not take stays out, so that who searches it gets nothing else. */
function takesOnlyItsLabels(spaces: readonly MemorySpace[]) {
  const taken = (labels: readonly string[]) => (labels.length === 0 ? 'no labelled data' : labels.join(', '))
  return {
    name: 'memory-labels',
    description:
      'what was read before must be data that the space takes: ' +
      spaces.map(({ name, labels }) => `${name} takes ${taken(labels)}`).join('; '),
    allows: (
      { space }: { readonly space?: string | undefined },
      { labels }: { readonly labels: readonly string[] },
    ) => {
      const [written] = space === undefined ? spaces : spaces.filter(({ name }) => name === space)
      return written !== undefined && labels.every((label) => written.labels.includes(label))
    },
  }
}

function namesOf(spaces: readonly MemorySpace[]): readonly string[] {
  return spaces.map(({ name }) => name)
}

function linesOf(spaces: readonly MemorySpace[]): string {
  return spaces.map(({ name, description }) => `- ${name}: ${description}`).join('\n')
}

async function byTheStep(): Promise<never> {
  throw new TypeError('memory is searched and added to by the step itself')
}
