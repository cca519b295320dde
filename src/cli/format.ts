/** Text, numbers and durations as people read them on a terminal. */
import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Styles text for a stream; plain where the stream is no terminal or NO_COLOR is set. */
export function painter(stream: NodeJS.WriteStream): (style: Style, text: string) => string {
  return (style, text) => styleText(style, text, { stream, validateStream: true })
}

/** Control characters but newline and tab, and the marks that turn the direction of what follows. */
const UNPRINTABLE = /[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/gu

/**
 * Text that somebody else wrote (a document, a model, a server, a team) without what a terminal would obey: escape
 * sequences can retitle a window, rewrite what stands above, or copy to the clipboard.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, '')
}

/** JSON for a stream. `JSON.stringify` leaves DEL and the C1 characters as they are, of which some terminals obey one. */
export function jsonText(value: unknown, indent?: number): string {
  const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value, undefined, indent).replace(UNPRINTABLE, escaped)
}

export function formatUsd(costUsd: number | null | undefined): string {
  if (costUsd === undefined || costUsd === null) return 'cost unknown'
  if (costUsd === 0) return '$0'
  return costUsd < 0.01 ? `$${costUsd.toFixed(5)}` : `$${costUsd.toFixed(3)}`
}

export function formatTokens(tokens: number): string {
  if (tokens < 1_000) return String(tokens)
  return tokens < 1_000_000 ? `${(tokens / 1_000).toFixed(1)}k` : `${(tokens / 1_000_000).toFixed(2)}M`
}

export function formatDuration(milliseconds: number): string {
  if (Math.round(milliseconds) < 1_000) return `${Math.round(milliseconds)} ms`
  const tenths = Math.round(milliseconds / 100)
  if (tenths < 600) return `${(tenths / 10).toFixed(1)} s`
  const seconds = Math.round(milliseconds / 1_000)
  const minutes = Math.floor(seconds / 60)
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${count} ${count === 1 ? noun : many}`
}

/** One printable line of at most `width` columns. */
export function clip(text: string, width: number): string {
  const line = printable(text).replace(/\s+/g, ' ').trim()
  return line.length <= width ? line : `${line.slice(0, Math.max(0, width - 1))}…`
}

/** Columns side by side, printable, padded; the last one is not. */
export function table(cells: readonly (readonly string[])[]): string {
  const rows = cells.map((row) => row.map(printable))
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
