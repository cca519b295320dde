/** One line a figure: what, measured, the aim. */
export function figure(what: string, value: number, unit: string, aim?: number): void {
  const text = value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(3)
  const verdict = aim === undefined ? '' : `  (aim: at most ${aim} ${unit}${value <= aim ? '' : ', missed'})`
  process.stdout.write(`${what.padEnd(64)} ${text.padStart(8)} ${unit}${verdict}\n`)
}

export function heading(text: string): void {
  process.stdout.write(`\n${text}\n`)
}
