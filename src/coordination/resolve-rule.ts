/**
 * The rules of `resolve`: what several answers come to (`resolve`), and whether somebody has to be asked first
 * (`resolve.weigh`). The arithmetic is src/conflict's; here answers become opinions, and what was decided a record.
 */
import { byJudge } from '../conflict/by-judge.ts'
import { byPerson, bySupervisor, type PersonsWord } from '../conflict/by-word.ts'
import { type CalibrationRecord, NO_RECORD, scoreOf, sumOf } from '../conflict/calibration.ts'
import { isSame, type Opinion, votesOf } from '../conflict/opinion.ts'
import type { Verdict } from '../conflict/verdict.ts'
import { weigh } from '../conflict/weigh.ts'
import type { Json } from '../schema/json.ts'
import { ResolveInput, ResolveOptions, type Weighed } from '../schema/resolution.ts'
import type { ResolveRule } from '../schema/resolve.ts'
import { type CalibrationRecords, readCalibration, recordCalibration } from './calibration-records.ts'
import { answerIn, candidatesOf, comparedIn, opinionsOf, spokesman } from './opinions.ts'
import { consideredIn, reasonOf, standoff } from './resolve-words.ts'
import type { Decision, Rule, RuleContext } from './rule.ts'

/** Gives `Weighed`; always decides. */
export const resolveWeighRule: Rule<typeof ResolveOptions, typeof ResolveInput> = {
  name: 'resolve.weigh',
  options: ResolveOptions,
  input: ResolveInput,
  async decide(input, options, context) {
    const records = await recordsFor(input, options, context)
    const verdict = verdictOf(input, options, records)
    return { output: weighed(input, options, verdict), reason: reasonOf(verdict), ...told(verdict, records) }
  },
}

/** Gives a `Resolution`, or stops as `undecided`. */
export const resolveRule: Rule<typeof ResolveOptions, typeof ResolveInput> = {
  name: 'resolve',
  options: ResolveOptions,
  input: ResolveInput,
  async decide(input, options, context) {
    let records = await recordsFor(input, options, context)
    let verdict = verdictOf(input, options, records)
    const scores = scoresOf(input, options, verdict)
    if (Object.keys(scores).length > 0) {
      const others = await recordCalibration(context, scores, records)
      // Decided before, or beside this process, by other records: as it was then.
      if (others !== undefined) {
        records = others
        verdict = verdictOf(input, options, records)
      }
    }
    return ending(input, options, verdict, told(verdict, records))
  },
}

type Told = Pick<Decision<unknown>, 'considered' | 'body'>

function told(verdict: Verdict, records: CalibrationRecords): Told {
  return { considered: consideredIn(verdict), body: { verdict, records } as unknown as Json }
}

function ending(input: ResolveInput, options: ResolveOptions, verdict: Verdict, beside: Told): Decision<unknown> {
  const { rule, decided, margin, dissent, abstained } = verdict
  if (decided === undefined) {
    const next = 'Start a new run, or declare who is asked in such a case: resolve(…, { escalate: { role } }).'
    return { stopped: { cause: 'undecided', reason: standoff(verdict), next }, ...beside }
  }
  const value = answerOf(input, options, rule, decided.by)
  return { output: { value, rule, margin, by: decided.by, dissent, abstained }, reason: reasonOf(verdict), ...beside }
}

/** What stands, with everything that was said so far. Pure. */
function verdictOf(input: ResolveInput, options: ResolveOptions, records: CalibrationRecords): Verdict {
  const opinions = opinionsOf(input.answers, options)
  const first =
    (input.weighed?.verdict as Verdict | undefined) ?? weigh(opinions, options.rule, recordOfVoter(options, records))
  const isAsked = first.escalate?.doubt === 'contested' && input.said !== undefined
  const settled = isAsked ? higherWord(input, options, opinions) : first
  if (settled.escalate === undefined || input.person === undefined) return settled
  const last = byPerson(opinions, personsWord(input, options))
  if (last.escalate === undefined) return last
  return { ...last, escalate: { ...last.escalate, reason: `${settled.escalate.reason} ${last.escalate.reason}` } }
}

function higherWord(
  { answers, said }: ResolveInput,
  { rule, on }: ResolveOptions,
  opinions: readonly Opinion[],
): Verdict {
  const word = answerIn(said)
  if (rule.rule === 'judge') return byJudge(opinions, candidatesOf(opinions, answers, on), word, rule)
  return bySupervisor(opinions, comparedIn(word, on))
}

function personsWord({ person }: ResolveInput, { on }: ResolveOptions): PersonsWord | undefined {
  if (person === null || person === undefined) return undefined
  if ('pick' in person) return person
  const answer = comparedIn(person.answer as Json, on)
  return answer === undefined ? undefined : { answer }
}

/** The whole answer that stands for what was decided: of those who said so the highest, the surest, the first. */
function answerOf(
  { answers, said, person }: ResolveInput,
  options: ResolveOptions,
  rule: string,
  by: readonly string[],
): Json | undefined {
  if (rule === 'person' && person) return 'pick' in person ? answers[person.pick] : (person.answer as Json)
  if (rule === 'supervisor') return said
  const highest = ranks(options.rule).find((name) => by.includes(name))
  const name = highest ?? spokesman(opinionsOf(answers, options), by)?.agent
  return name === undefined ? undefined : answers[name]
}

function ranks(rule: ResolveRule): readonly string[] {
  if (rule.rule === 'authority') return rule.order
  return rule.rule === 'veto' ? [...rule.who, ...ranks(rule.then)] : []
}

function weighed(input: ResolveInput, options: ResolveOptions, verdict: Verdict): Weighed {
  const candidates = candidatesOf(opinionsOf(input.answers, options), input.answers, options.on)
  const { escalate } = verdict
  const isBlind = escalate?.doubt === 'contested' && options.rule.rule === 'judge'
  return {
    status: escalate === undefined ? 'decided' : escalate.doubt === 'contested' ? 'contested' : 'open',
    ...(input.question !== undefined && { question: input.question }),
    ...(escalate !== undefined && { reason: escalate.reason }),
    ...(isBlind
      ? { candidates: candidates.map(({ agents: _, ...candidate }) => candidate) }
      : { candidates, verdict: verdict as unknown as NonNullable<Weighed['verdict']> }),
  }
}

/** Those that the decision depends on: none where it takes nobody's word by its record. */
async function recordsFor(
  { weighed: before }: ResolveInput,
  { rule, voters }: ResolveOptions,
  context: RuleContext,
): Promise<CalibrationRecords> {
  const last = rule.rule === 'veto' ? rule.then : rule
  if (before !== undefined || last.rule !== 'confidence' || !last.calibrated) return {}
  return readCalibration(context, [...new Set(voters.flatMap(({ agent }) => agent ?? []))])
}

function recordOfVoter({ voters }: ResolveOptions, records: CalibrationRecords) {
  return (name: string): CalibrationRecord | undefined => {
    const agent = voters.find((voter) => voter.name === name)?.agent
    return agent !== undefined && Object.hasOwn(records, agent) ? records[agent] : undefined
  }
}

/** By agent: what each stated, and whether it agreed with what was decided. */
function scoresOf({ answers }: ResolveInput, options: ResolveOptions, { decided }: Verdict): CalibrationRecords {
  const scores: Record<string, CalibrationRecord> = {}
  if (decided === undefined) return scores
  for (const { agent: name, value, confidence } of votesOf(opinionsOf(answers, options))) {
    const agent = options.voters.find((voter) => voter.name === name)?.agent
    if (agent === undefined || confidence === undefined) continue
    const before = Object.hasOwn(scores, agent) ? scores[agent] : undefined
    scores[agent] = sumOf(before ?? NO_RECORD, scoreOf(confidence, isSame(value, decided.value)))
  }
  return scores
}
