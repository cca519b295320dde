/** Versions, releases and moves of the pointer, for people. */
import type { VersionsView } from '../../api/versions.ts'
import type { ArmCount, Guard, GuardBound, Move } from '../../schema/versions.ts'
import { clip, formatUsd, plural, printable, table } from '../format.ts'

/** Of moves and releases. */
const LISTED = 10

export function versionsText({ team, pointer, contents, releases, moves, next }: VersionsView): string {
  if (pointer === undefined) {
    return printable(`Team ${team} has no release here. Release it: baton release --team FILE`)
  }
  const { stable, canary, seen } = pointer
  return [
    `team ${printable(team)}: starts take release ${stable}`,
    ...(canary === undefined
      ? []
      : [
          `canary: release ${canary.release} takes ${canary.percent} percent of starts since ${minute(canary.startedAt)}, by ${clip(canary.by, 60)}: ${clip(canary.reason, 120)}`,
          ...(canary.guard === undefined ? [] : [`  it stops by itself ${guardWords(canary.guard)}`]),
          ...(seen === undefined
            ? []
            : [`  stable  ${countWords(seen.stable)}`, `  canary  ${countWords(seen.canary)}`]),
        ]),
    '',
    table([
      ['', 'name', 'version', 'status', 'content', ''],
      ...contents.map(({ type, name, version, status, sha256, isCurrent }) => [
        type,
        name,
        version,
        status,
        sha256.slice(0, 12),
        isCurrent ? 'current' : '',
      ]),
    ]),
    '',
    table([
      ['release', 'at (UTC)', 'by', 'bundle', ''],
      ...releases
        .slice(0, LISTED)
        .map(({ sequence, at, by, bundle }) => [
          String(sequence),
          minute(at),
          by ?? 'a deployment',
          bundle?.slice(0, 12) ?? '',
          sequence === stable ? 'stable' : sequence === canary?.release ? 'canary' : '',
        ]),
    ]),
    ...(releases.length > LISTED || next !== undefined ? ['older ones: --json'] : []),
    '',
    table([
      ['moved (UTC)', 'what', 'by', 'why'],
      ...moves
        .slice(0, LISTED)
        .map((move) => [minute(move.at), moveWords(move), clip(move.by, 60), clip(whyOf(move), 160)]),
    ]),
  ].join('\n')
}

/** What a move did, e.g. `back to release 1`. */
export function moveWords({ kind, from, to, status }: Move): string {
  switch (kind) {
    case 'published':
      return `release ${to.stable} published`
    case 'rolledBack':
      return `back to release ${to.stable}`
    case 'canaryStarted':
      return `canary of release ${to.canary?.release}, ${to.canary?.percent} percent`
    case 'canaryPromoted':
      return `canary promoted: release ${to.stable}`
    case 'canaryStopped':
      return `canary of release ${from?.canary?.release} stopped`
    case 'statusChanged':
      return status === undefined
        ? 'status changed'
        : `${status.type} ${status.name} ${status.version} ${status.status}`
  }
}

function whyOf({ reason, rule }: Move): string {
  if (rule === undefined) return reason
  return `${reason} (${rule.rule} ${number(rule.value)} against ${number(rule.bound)})`
}

function countWords({ runs, failed, costUsd, priced, score, scored }: ArmCount): string {
  const parts = [
    `${plural(runs, 'run')} ended, ${failed} failed`,
    ...(priced === 0 ? [] : [`${formatUsd(costUsd / priced)} a run`]),
    ...(scored === 0 ? [] : [`score ${number(score / scored)}`]),
  ]
  return parts.join(', ')
}

function guardWords({ minRuns, errorRate, costUsd, score }: Guard): string {
  const rules = [
    ...(errorRate === undefined ? [] : [`more than ${boundWords(errorRate)} of runs fail`]),
    ...(costUsd === undefined ? [] : [`a run costs more than $${boundWords(costUsd)}`]),
    ...(score === undefined ? [] : [`${score.path} is below ${boundWords(score.least)}`]),
  ]
  return printable(`where ${rules.join(', or ')}, after ${plural(minRuns, 'run')}`)
}

function boundWords(bound: GuardBound): string {
  if (typeof bound === 'number') return number(bound)
  return `${number(bound.timesStable)} times the stable release's${bound.plus === 0 ? '' : ` plus ${number(bound.plus)}`}`
}

const number = (value: number) => String(Number(value.toPrecision(4)))
const minute = (at: string) => at.slice(0, 16).replace('T', ' ')
