/** What `--set` and `--agent` say of a fork, as data. */
import { readFileSync } from 'node:fs'
import * as z from 'zod'
import { InvalidRequest } from '../errors.ts'
import type { Json } from '../schema/json.ts'
import { parseJson } from '../schema/parse-json.ts'
import { AgentChange, type ForkSet } from '../schema/run.ts'

const NEXT =
  'Give --set model=ID, instructions=TEXT|@FILE, temperature=0.2, maxTokens=2000, limits.costUsd=2 or input=JSON|@FILE.'

/**
 * @param agents Whose changes they are: given by `--agent`, else that of the step.
 * @throws InvalidRequest for what cannot be set.
 */
export function forkSetOf(words: readonly string[], agents: readonly string[]): ForkSet {
  const change: Record<string, unknown> = {}
  const limits: Record<string, number> = {}
  let input: Json | undefined
  for (const word of words) {
    const { name, value } = partsOf(word)
    if (name === 'input') input = jsonOf(value)
    else if (name.startsWith('limits.')) limits[name.slice('limits.'.length)] = Number(value)
    else if (name === 'instructions' || name === 'prompt') change['instructions'] = textOf(value)
    else change[name] = name === 'model' ? value : Number(value)
  }
  if (Object.keys(limits).length > 0) change['limits'] = limits
  const parsed = AgentChange.safeParse(change)
  if (!parsed.success) {
    throw new InvalidRequest({ message: `--set cannot be used:\n${z.prettifyError(parsed.error)}`, next: NEXT })
  }
  if (Object.keys(change).length > 0 && agents.length === 0) {
    throw new InvalidRequest({
      message: 'No agent works at that step: whose setting is it?',
      next: 'Name it with --agent NAME.',
    })
  }
  const changes = Object.fromEntries(agents.map((name) => [name, parsed.data]))
  return {
    ...(Object.keys(change).length > 0 && { agents: changes }),
    ...(input !== undefined && { input }),
  }
}

function partsOf(word: string): { readonly name: string; readonly value: string } {
  const at = word.indexOf('=')
  if (at > 0) return { name: word.slice(0, at), value: word.slice(at + 1) }
  throw new InvalidRequest({ message: `--set ${word}: NAME=VALUE is expected`, next: NEXT })
}

function textOf(value: string): string {
  if (!value.startsWith('@')) return value
  try {
    return readFileSync(value.slice(1), 'utf8')
  } catch (error) {
    const message = `${value.slice(1)} cannot be read: ${(error as Error).message}`
    throw new InvalidRequest({ message, next: 'Name a text file: --set instructions=@FILE', cause: error })
  }
}

function jsonOf(value: string): Json {
  const parsed = parseJson(textOf(value))
  if (parsed.ok) return parsed.value
  throw new InvalidRequest({ message: `--set input is no JSON: ${parsed.message}`, next: NEXT })
}

/** One line for each thing that is set. */
export function setLines({ agents = {}, input }: ForkSet): string[] {
  const ofAgents = Object.entries(agents).flatMap(([name, { limits = {}, instructions, ...others }]) => [
    ...Object.entries(others).map(([field, value]) => `${name}: ${field} = ${String(value)}`),
    ...(instructions === undefined ? [] : [`${name}: instructions = ${JSON.stringify(instructions.slice(0, 60))}…`]),
    ...Object.entries(limits).map(([limit, value]) => `${name}: limits.${limit} = ${value}`),
  ])
  return [...ofAgents, ...(input === undefined ? [] : [`input, merged: ${JSON.stringify(input).slice(0, 100)}`])]
}
