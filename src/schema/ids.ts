/**
 * Branded identifiers, so that two kinds of id never mix. The character sets are the strictest of what the id is used
 * for: DynamoDB keys, IAM session names and tags, Step Functions execution names, file names.
 */
import * as z from 'zod'

/** 2–40 characters, so that `<runId>.<execution>.<hash>` stays within Step Functions' 80-character execution name. */
export const RunId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_-]{1,39}$/, 'a run id has 2 to 40 characters of A-Z a-z 0-9 _ -')
  .brand<'RunId'>()
export type RunId = z.infer<typeof RunId>

/** State path + Map index + loop count, e.g. `findings:3/research` or `refine=2/draft`; at most 200 characters. */
export const StepId = z
  .string()
  .regex(/^[A-Za-z0-9_.:/=-]{1,200}$/, 'a step id has 1 to 200 characters of A-Z a-z 0-9 _ . : / = -')
  .brand<'StepId'>()
export type StepId = z.infer<typeof StepId>

const NAME = /^[a-z][a-zA-Z0-9_-]{0,47}$/
const NAME_RULE = 'a name starts with a lower-case letter and has at most 48 characters of A-Z a-z 0-9 _ -'

export const AgentName = z.string().regex(NAME, NAME_RULE).brand<'AgentName'>()
export type AgentName = z.infer<typeof AgentName>
export const ToolName = z.string().regex(NAME, NAME_RULE).brand<'ToolName'>()
export type ToolName = z.infer<typeof ToolName>
export const WorkflowName = z.string().regex(NAME, NAME_RULE).brand<'WorkflowName'>()
export type WorkflowName = z.infer<typeof WorkflowName>
export const TeamName = z.string().regex(NAME, NAME_RULE).brand<'TeamName'>()
export type TeamName = z.infer<typeof TeamName>
export const MessageName = z.string().regex(NAME, NAME_RULE).brand<'MessageName'>()
export type MessageName = z.infer<typeof MessageName>
/** The local name of a step within its workflow. */
export const StepName = z.string().regex(NAME, NAME_RULE).brand<'StepName'>()
export type StepName = z.infer<typeof StepName>

/** `major.minor.patch`. */
export const Version = z.string().regex(/^\d+\.\d+\.\d+$/, 'a version is major.minor.patch, e.g. 1.0.0')

/** Lower-case hexadecimal SHA-256. */
export const Sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'a SHA-256 has 64 hexadecimal digits')
  .brand<'Sha256'>()
export type Sha256 = z.infer<typeof Sha256>
