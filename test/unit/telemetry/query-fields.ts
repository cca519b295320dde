/** Reads a Logs Insights query as far as to say which fields of the log lines it names. */

/** Commands, words and functions of the query language that our queries use. Another one shows as an unknown field. */
const WORDS = new Set(
  `fields filter stats sort limit by as asc desc and or not in like
   ispresent sum count count_distinct avg min max pct`.split(/\s+/),
)

const TOKEN = /'[^']*'|"[^"]*"|`([^`]+)`|@?[A-Za-z_][A-Za-z0-9_.]*/g

/** Without those that CloudWatch adds, which begin with an `@`, and those that the query makes itself. */
export function fieldsOf(query: string): string[] {
  const text = query.replaceAll(/^#.*$/gm, '')
  const made = new Set([...text.matchAll(/\bas\s+([A-Za-z]\w*)/g)].map(([, alias]) => alias))
  const named = [...text.matchAll(TOKEN)].flatMap(([token, quoted]) => {
    if (quoted !== undefined) return [quoted]
    return /^['"@]/.test(token) || WORDS.has(token) || made.has(token) ? [] : [token]
  })
  return [...new Set(named)]
}
