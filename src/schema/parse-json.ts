import type { Json } from './json.ts'

export type ParsedJson = { readonly ok: true; readonly value: Json } | { readonly ok: false; readonly message: string }

/** The one place where text of unknown origin becomes JSON. A syntax error is a value. */
export function parseJson(text: string): ParsedJson {
  try {
    return { ok: true, value: JSON.parse(text) as Json }
  } catch (error) {
    return { ok: false, message: (error as Error).message }
  }
}
